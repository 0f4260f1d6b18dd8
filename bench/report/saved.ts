import { readFileSync } from 'node:fs';

import type { Load } from '../figures/profile.ts';
import type { SessionBytes } from '../figures/memory.ts';
import type { Waiting } from '../figures/waiting.ts';
import type { Work } from '../figures/work.ts';
import type { Options } from '../options.ts';
import type { OwnShare, Share } from '../profile/shares.ts';
import type { Kind } from '../profile/snapshot.ts';

/** What each contender did in each round. */
export type SavedRounds<T> = Readonly<Record<string, readonly T[] | undefined>>;

/** One run as `--json` writes it: every round of every figure that was asked for. */
export interface SavedRun {
  /** As `process.version` has it. */
  readonly node: string;
  readonly options: Options;
  readonly calls?: SavedRounds<Work> | undefined;
  readonly churn?: SavedRounds<Work> | undefined;
  readonly memory?: SavedRounds<SessionBytes> | undefined;
  readonly watching?: SavedRounds<Work> | undefined;
  readonly stateless?: SavedRounds<Work> | undefined;
  readonly waiting?: readonly Waiting[] | undefined;
  readonly profiles: readonly {
    readonly contender: string;
    readonly load: Load;
    readonly own: OwnShare;
    readonly groups: readonly Share[];
  }[];
  readonly heaps?: SavedRounds<Kind> | undefined;
}

/** @throws Error for a file that no run wrote */
export function readRun(file: string): SavedRun {
  const run = JSON.parse(readFileSync(file, 'utf8')) as Partial<SavedRun>;
  if (typeof run.node !== 'string' || run.options === undefined || run.profiles === undefined) {
    throw new Error(`${file} is no run of npm run bench -- --json`);
  }
  // It is one of ours, and each figure is looked at for what it has.
  return run as SavedRun;
}
