import type { Launch } from '../child/server.ts';
import { modernServers } from '../contenders/modernServers.ts';
import { type ContenderName, STATELESS } from '../contenders/index.ts';
import type { Options } from '../options.ts';
import { calls } from './calls.ts';
import type { Rounds } from './interleave.ts';
import type { Work } from './work.ts';

/** Contenders that host a server of SDK v2. */
const OF_V2: readonly ContenderName[] = ['modern-v2', 'handler'];

/** Figure 7: the load of figure 1 in sessions and without, as far as the server has a form for it. */
export function stateless(options: Options, launch: Launch): Promise<Rounds<Work>> {
  const isOfV2 = modernServers[options.server] !== undefined;
  const able = STATELESS.filter((name) => isOfV2 || !OF_V2.includes(name));
  return calls({ ...options, contenders: ['bare', 'map', 'actors', ...able] }, launch);
}
