import type { Trouble } from './outcome.ts';

/** Figures of all that visitors have seen. */
export class Tally {
  calls = 0;
  right = 0;
  opened = 0;
  ended = 0;
  questions = 0;
  progress = 0;
  told = 0;
  /** Visitors that have seen what another one is for. */
  foreign = 0;
  /** Lines that were acknowledged and are gone. */
  lostUpdates = 0;
  /** Lines that are there twice, or were told twice. */
  doubled = 0;
  readonly troubles = new Map<Trouble, number>();
  /** How long right calls took, in milliseconds. */
  readonly local: number[] = [];
  readonly forwarded: number[] = [];
  longestMs = 0;
  /** What a reader of the result wants to see of what went wrong. */
  readonly remarks: string[] = [];

  trouble(kind: Trouble): void {
    this.troubles.set(kind, this.count(kind) + 1);
  }

  count(kind: Trouble): number {
    return this.troubles.get(kind) ?? 0;
  }

  /** How many calls were not answered as they should be. */
  get failed(): number {
    return [...this.troubles.values()].reduce((sum, each) => sum + each, 0);
  }

  remark(text: string): void {
    if (this.remarks.length < 40) this.remarks.push(text);
  }
}

/** The value below which a share of all lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN;
}
