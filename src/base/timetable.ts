/** A callback with a time: what {@link Timetable} gives for it. */
export interface Timed {
  /** When the callback is due, in milliseconds since the epoch. */
  readonly at: number;
}

class Entry implements Timed {
  readonly at: number;
  readonly fire: () => void;
  /** Of two that are due at the same time, the one added first fires first. */
  readonly order: number;
  /** The entry's place in the heap; -1 once the entry has left. */
  place = -1;

  constructor(at: number, fire: () => void, order: number) {
    this.at = at;
    this.fire = fire;
    this.order = order;
  }

  isBefore(other: Entry): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order);
  }
}

/** Callbacks that each have a time of their own: a heap, so that each change takes log n steps. */
export class Timetable {
  readonly #heap: Entry[] = [];
  readonly #atOnce: number;
  #added = 0;

  /** @param atOnce how many fire in one go */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, fire: () => void): Timed {
    const entry = new Entry(at, fire, this.#added++);
    this.#heap.push(entry);
    this.#rise(entry, this.#heap.length - 1);
    return entry;
  }

  remove(timed: Timed): void {
    if (timed instanceof Entry && this.#heap[timed.place] === timed) this.#take(timed);
  }

  /** When the next callback is due; `Infinity` when there is none. */
  next(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Fires callbacks that are due, up to a number; the rest fires once other work had its turn. */
  run(now: number, failed: (error: unknown) => void): void {
    for (let fired = 0; fired < this.#atOnce; fired++) {
      const first = this.#heap[0];
      if (first === undefined || first.at > now) return;
      this.#take(first);
      try {
        first.fire();
      } catch (error) {
        // Callbacks behind this one are other sessions'.
        failed(error);
      }
    }
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #take(entry: Entry): void {
    const last = this.#heap.pop()!;
    const { place } = entry;
    entry.place = -1;
    if (last === entry) return;
    this.#sink(last, place);
    this.#rise(last, last.place);
  }

  #rise(entry: Entry, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above]!;
      if (!entry.isBefore(parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(entry, place);
  }

  #sink(entry: Entry, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const child = left !== undefined && right?.isBefore(left) === true ? right : left;
      if (child === undefined || !child.isBefore(entry)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(entry, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}
