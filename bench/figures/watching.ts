import type { Launch } from '../child/server.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Options } from '../options.ts';
import { calls } from './calls.ts';
import type { Rounds } from './interleave.ts';
import type { Work } from './work.ts';

/** Nobody, somebody who left again, and everybody who may listen, from the cheapest on. */
const WATCHED: readonly ContenderName[] = [
  'actors',
  'watch-left',
  'watch-transitions',
  'watch-messages',
  'watch-metrics',
  'watch-spans',
];

/** Figure 6: the load of figure 1 on one library, by who listens to its events. */
export function watching(options: Options, launch: Launch): Promise<Rounds<Work>> {
  return calls({ ...options, contenders: WATCHED }, launch);
}
