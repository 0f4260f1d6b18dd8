import type { SessionRecord } from './record.ts';

/** Most records of one run. Full runs take hardly more than a pointer a record. */
const RUN = 512;

/** A place between records; records of one millisecond are ordered by their names. */
export type Place = Pick<SessionRecord, 'expiresAt' | 'key' | 'id'>;

/**
 * Records in the order they expire, in a sorted list of short sorted runs.
 *
 * What expires last is put at the end without a search, so with one time to live for all of them
 * this is a queue; any other order costs a binary search. Any place is found again without a walk.
 */
export class ExpiryOrder {
  readonly #runs: SessionRecord[][];
  #size: number;

  constructor(...records: SessionRecord[]) {
    this.#runs = records.length === 0 ? [] : [records.toSorted(compare)];
    this.#size = records.length;
  }

  get size(): number {
    return this.#size;
  }

  add(record: SessionRecord): void {
    this.#size++;
    const at = Math.max(this.#runAt(record), 0);
    const run = this.#runs[at];
    if (run === undefined) {
      this.#runs.push([record]);
    } else if (run.length < RUN) {
      run.splice(firstAfter(run, record), 0, record);
    } else if (at === this.#runs.length - 1 && compare(run[RUN - 1]!, record) < 0) {
      this.#runs.push([record]);
    } else {
      const upper = run.splice(RUN / 2);
      this.#runs.splice(at + 1, 0, upper);
      const half = compare(upper[0]!, record) < 0 ? upper : run;
      half.splice(firstAfter(half, record), 0, record);
    }
  }

  /** Takes out a record that is in it: the same object, unchanged since. */
  remove(record: SessionRecord): void {
    const at = this.#runAt(record);
    const run = this.#runs[at];
    const index = run === undefined ? -1 : firstAfter(run, record) - 1;
    if (run?.[index] !== record) return;
    this.#size--;
    run.splice(index, 1);
    if (run.length >= RUN / 4) return;
    const next = this.#runs[at + 1];
    if (next !== undefined && run.length + next.length <= RUN) run.push(...next.splice(0));
    if (next?.length === 0) this.#runs.splice(at + 1, 1);
    if (run.length === 0) this.#runs.splice(at, 1);
  }

  /** All of them, or those behind a place. The order must not change meanwhile. */
  *after(place?: Place): Generator<SessionRecord> {
    let at = place === undefined ? 0 : Math.max(this.#runAt(place), 0);
    let index = place === undefined ? 0 : firstAfter(this.#runs[at] ?? [], place);
    for (; at < this.#runs.length; at++, index = 0) {
      const run = this.#runs[at]!;
      for (; index < run.length; index++) yield run[index]!;
    }
  }

  /** The last run that begins at or before a place; -1 when all begin behind it. */
  #runAt(place: Place): number {
    const runs = this.#runs;
    const last = runs.at(-1);
    if (last !== undefined && compare(last[0]!, place) <= 0) return runs.length - 1;
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(runs[middle]![0]!, place) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Negative when `a` comes first. */
function compare(a: Place, b: Place): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1;
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

/** The index of the first record of a run behind a place. */
function firstAfter(run: readonly SessionRecord[], place: Place): number {
  const last = run.at(-1);
  if (last === undefined || compare(last, place) <= 0) return run.length;
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(run[middle]!, place) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
