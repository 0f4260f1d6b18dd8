import type { Runtime } from '../../runtime.ts';

/** What an inspector asks of a runtime. Other sets of actors that answer can be inspected as well. */
export type Inspected = Pick<
  Runtime,
  'deadLetters' | 'isReady' | 'limits' | 'list' | 'now' | 'on' | 'residents' | 'stats'
> &
  Partial<Pick<Runtime, 'actors' | 'calls' | 'handles' | 'nodes'>>;
