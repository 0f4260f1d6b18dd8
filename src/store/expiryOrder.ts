/** Most items of one run. Full runs take hardly more than a pointer an item. */
const RUN = 512;

/** Where an item stands in the order; no two items stand at the same place. */
export interface Place {
  readonly expiresAt: number;
  /** The place among items that expire in the same millisecond. */
  readonly order: number;
}

/**
 * Items in the order they expire, in a sorted list of short sorted runs.
 *
 * The item that expires last is put at the end without a search, so with one time to live for all
 * this is a queue; any other order costs a binary search. An item is found again without a walk.
 */
export class ExpiryOrder<T extends Place> {
  readonly #runs: T[][];
  #size: number;

  constructor(...items: T[]) {
    this.#runs = items.length === 0 ? [] : [items.toSorted(compare)];
    this.#size = items.length;
  }

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    this.#size++;
    const at = Math.max(this.#runAt(item), 0);
    const run = this.#runs[at];
    if (run === undefined) {
      this.#runs.push([item]);
    } else if (run.length < RUN) {
      run.splice(firstAfter(run, item, itself), 0, item);
    } else if (at === this.#runs.length - 1 && compare(run[RUN - 1]!, item) < 0) {
      this.#runs.push([item]);
    } else {
      const upper = run.splice(RUN / 2);
      this.#runs.splice(at + 1, 0, upper);
      const half = compare(upper[0]!, item) < 0 ? upper : run;
      half.splice(firstAfter(half, item, itself), 0, item);
    }
  }

  /** Takes out an item of the order: the same object, its place unchanged since it was added. */
  remove(item: T): void {
    const at = this.#runAt(item);
    const run = this.#runs[at];
    const index = run === undefined ? -1 : firstAfter(run, item, itself) - 1;
    if (run?.[index] !== item) return;
    this.#size--;
    run.splice(index, 1);
    if (run.length >= RUN / 4) return;
    const next = this.#runs[at + 1];
    if (next !== undefined && run.length + next.length <= RUN) run.push(...next.splice(0));
    if (next?.length === 0) this.#runs.splice(at + 1, 1);
    if (run.length === 0) this.#runs.splice(at, 1);
  }

  /** All items, or the items behind a place. The order must not change meanwhile. */
  *after(place?: Place): Generator<T> {
    let at = place === undefined ? 0 : Math.max(this.#runAt(place), 0);
    let index = place === undefined ? 0 : firstAfter(this.#runs[at] ?? [], place, itself);
    for (; at < this.#runs.length; at++, index = 0) {
      const run = this.#runs[at]!;
      for (; index < run.length; index++) yield run[index]!;
    }
  }

  /** The last run that begins at or before a place; -1 when all begin behind it. */
  #runAt(place: Place): number {
    return firstAfter(this.#runs, place, (run) => run[0]!) - 1;
  }
}

/** Compares two places: negative when `a` comes first. */
function compare(a: Place, b: Place): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1;
  return a.order - b.order;
}

/** The index of the first part of a sorted list, an item or a run, whose place is behind another. */
function firstAfter<P>(list: readonly P[], place: Place, placeOf: (part: P) => Place): number {
  const last = list.at(-1);
  if (last === undefined || compare(placeOf(last), place) <= 0) return list.length;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(placeOf(list[middle]!), place) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function itself(item: Place): Place {
  return item;
}
