import type { Options } from '../options.ts';
import { ownShare, shares } from '../profile/shares.ts';
import type { Results } from '../results.ts';
import type { Target } from './targets.ts';

const plain = (rounds: ReadonlyMap<string, unknown> | undefined): object | undefined =>
  rounds && Object.fromEntries(rounds);

/** Every round of every figure, for a reader that is a program. */
export function toJson(options: Options, results: Results, targets: readonly Target[]): string {
  const { calls, churn, memory, watching, stateless, waiting, profiles, heaps } = results;
  return JSON.stringify(
    {
      node: process.version,
      options,
      targets,
      calls: plain(calls),
      churn: plain(churn),
      memory: plain(memory),
      watching: plain(watching),
      stateless: plain(stateless),
      waiting,
      profiles: profiles.map((profile) => {
        const groups = shares(profile);
        return {
          contender: profile.contender,
          load: profile.load,
          own: ownShare(groups),
          groups,
        };
      }),
      heaps: plain(heaps),
    },
    null,
    2,
  );
}
