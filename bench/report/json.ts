import type { Options } from '../options.ts';
import { ownShare, shares } from '../profile/shares.ts';
import type { Results } from '../results.ts';
import type { SavedRounds, SavedRun } from './saved.ts';

const plain = <T>(rounds: ReadonlyMap<string, T[]> | undefined): SavedRounds<T> | undefined =>
  rounds && Object.fromEntries(rounds);

/** Every round of every figure, for a reader that is a program. */
export function toSaved(options: Options, results: Results): SavedRun {
  const { calls, churn, memory, watching, stateless, waiting, profiles, heaps } = results;
  return {
    node: process.version,
    options,
    calls: plain(calls),
    churn: plain(churn),
    memory: plain(memory),
    watching: plain(watching),
    stateless: plain(stateless),
    waiting,
    profiles: profiles.map((profile) => {
      const groups = shares(profile);
      return { contender: profile.contender, load: profile.load, own: ownShare(groups), groups };
    }),
    heaps: plain(heaps),
  };
}
