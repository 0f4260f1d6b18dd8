import { leap } from '../base/ids.ts';

/** How many numbers a session takes at once. */
export const BLOCK = 100_000;

/** What the numbers of a session need of the store that keeps the session. */
export interface NumbersStore {
  /** The store knows that all numbers up to this one are taken. */
  readonly taken: number;
  /** Stores the session now, with the numbers it has taken. `false`: the store failed. */
  stored(): Promise<boolean>;
}

/**
 * The numbers that name the streams and events of one session in a durable store.
 *
 * A process that is killed may have said more than its store knows of. So numbers are taken in
 * blocks, each stored before its first number leaves, and whoever goes on with the session begins
 * behind the last block: no id ever names two events (row R1).
 */
export class Numbers {
  readonly #store: NumbersStore;
  #end = BLOCK;
  /** Every process begins behind the first block, so that block is taken without a word. */
  #free = BLOCK;
  /** The end of the block that is being stored. */
  #asked = 0;
  #storing: Promise<void> | null = null;

  constructor(store: NumbersStore) {
    this.#store = store;
  }

  /** The last number that is taken, stored or not. */
  get end(): number {
    return this.#end;
  }

  /**
   * Goes on from a record.
   *
   * @param taken the last number that the record says is taken
   * @returns the number behind which this process begins
   */
  goOn(taken: number): number {
    // A process whose store took nothing before it died has begun at another place, most likely.
    const base = Math.max(taken, BLOCK) + leap(BLOCK);
    this.#free = base;
    this.#end = base + BLOCK;
    return base;
  }

  /** Uses a number. @returns what must come first; `undefined` where nothing must */
  take(number: number): Promise<void> | undefined {
    if (number > this.#end) this.#end = number + BLOCK;
    if (number <= this.#free) return undefined;
    const { taken } = this.#store;
    if (number <= taken) {
      this.#free = taken;
      return undefined;
    }
    if (this.#storing === null || number > this.#asked) {
      this.#asked = this.#end;
      this.#storing = this.#take(this.#end);
    }
    return this.#storing;
  }

  async #take(end: number): Promise<void> {
    // Where the store fails, the session goes on in memory: the leap is what is left.
    await this.#store.stored();
    this.#free = Math.max(this.#free, end);
    if (end === this.#asked) this.#storing = null;
  }
}
