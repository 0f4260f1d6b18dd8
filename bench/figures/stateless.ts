import type { Launch } from '../child/server.ts';
import { canHost } from '../contenders/able.ts';
import { STATELESS } from '../contenders/index.ts';
import type { Options } from '../options.ts';
import { calls } from './calls.ts';
import type { Rounds } from './interleave.ts';
import type { Work } from './work.ts';

/** Figure 7: the load of figure 1 in sessions and without, as far as the server has a form for it. */
export function stateless(options: Options, launch: Launch): Promise<Rounds<Work>> {
  const able = STATELESS.filter((name) => canHost(name, options.server));
  return calls({ ...options, contenders: ['bare', 'map', 'actors', ...able] }, launch);
}
