import { ActorsError } from '../base/errors.ts';
import type { Encoded } from './changes.ts';
import type { Arg } from './client.ts';
import type { Hold } from './hold.ts';
import type { Ledger } from './ledger.ts';
import { FREE, TIME, WRITE } from './scripts.ts';

/** Most changes of one script, and most bytes, unless one write has more: Redis waits for it. */
const MAX_CHANGES = 1000;
const MAX_BYTES = 4 * 2 ** 20;
/** How often a Redis may come back with an older state while one write is made. */
const MAX_RETAKES = 3;

export interface WritesHost {
  readonly hold: Hold;
  readonly ledger: Ledger;
  readonly maxWaitingBytes: number;
  /** Redis had forgotten writes that it had acknowledged. `isWhole`: all were written again. */
  forgot(error: ActorsError, isWhole: boolean): void;
}

interface Write extends Encoded {
  readonly settle: (error?: unknown) => void;
}

/**
 * The writes of a process. One script is under way at a time, and the writes that come meanwhile share
 * the next one, so what is acknowledged was made in order, whole.
 */
export class Writes {
  readonly #host: WritesHost;
  readonly #waiting: Write[] = [];
  #bytes = 0;
  #running: Promise<void> | null = null;
  #isClosed = false;
  /** Who waits until Redis has again all that it acknowledged. */
  #mending: ((error?: unknown) => void)[] = [];

  constructor(host: WritesHost) {
    this.#host = host;
  }

  /** @throws ActorsError when Redis does not say that the changes are made */
  async write(changes: Encoded): Promise<void> {
    if (this.#isClosed) throw closed();
    const { bytes } = changes;
    if (this.#bytes + bytes > this.#host.maxWaitingBytes) {
      throw new ActorsError('store-unavailable', 'Too many bytes wait to be stored');
    }
    this.#bytes += bytes;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown): void => {
        this.#bytes -= bytes;
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#waiting.push({ ...changes, settle });
      this.#start();
    });
  }

  /** Writes again what Redis has forgotten, when the write under way is over. @throws ActorsError */
  async mend(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#mending.push((error) => (error === undefined ? resolve() : reject(error)));
      this.#start();
    });
  }

  /** Takes no more writes, and ends when all are made, or have failed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Everything of this turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#mending.length > 0) {
      const mending = this.#mending;
      this.#mending = [];
      if (mending.length > 0) await settled(this.#mendNow(), mending);
      const batch = this.#next();
      if (batch.length > 0) {
        const settles = batch.map(({ settle }) => settle);
        await settled(this.#make(batch), settles);
      }
    }
    this.#running = null;
  }

  /** Takes the writes that go into one script: all of them make room, or none does. */
  #next(): Write[] {
    let [changes, bytes] = [0, 0];
    const isFreeing = this.#waiting[0]?.isFreeing;
    const end = this.#waiting.findIndex((write) => {
      changes += write.changes;
      bytes += write.bytes;
      return write.isFreeing !== isFreeing || changes > MAX_CHANGES || bytes > MAX_BYTES;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(end, 1));
  }

  async #make(batch: readonly Write[]): Promise<void> {
    const { ledger } = this.#host;
    const isFreeing = batch[0]?.isFreeing === true;
    const args = batch.flatMap((write) => write.args);
    const bytes = batch.reduce((sum, write) => sum + write.bytes, 0);
    const number = ledger.next();
    await this.#send(number, args, isFreeing);
    ledger.acknowledge(number, args, bytes);
  }

  async #send(number: number, args: readonly Arg[], isFreeing: boolean): Promise<void> {
    for (let retakes = 0; ; retakes++) {
      const held = await this.#host.hold.ask(isFreeing ? FREE : WRITE, [number, ...args]);
      if (held.is === 'held') return;
      if (retakes === MAX_RETAKES) throw restless();
      await this.#rewrite(held.wrote);
    }
  }

  async #mendNow(): Promise<void> {
    // A write may have met the same meanwhile, and mended it.
    const held = await this.#host.hold.ask(TIME, []);
    if (held.is === 'behind') await this.#rewrite(held.wrote);
  }

  /** Makes the writes again that a server does not have, as far as they are remembered. */
  async #rewrite(wrote: number): Promise<void> {
    const { hold, ledger } = this.#host;
    const { acknowledged } = ledger;
    const { entries, isWhole } = ledger.since(wrote);
    let made = isWhole ? wrote : (entries[0]?.number ?? acknowledged + 1) - 1;
    await hold.retake(made, !isWhole);
    for (const { number, args } of entries) {
      const held = await hold.ask(WRITE, [number, ...args], made);
      if (held.is === 'behind') throw restless();
      made = number;
    }
    const error = isWhole
      ? healed(entries.length)
      : forgotten(acknowledged - wrote, entries.length);
    this.#host.forgot(error, isWhole);
  }
}

/** Tells all who wait for some work how it ended. */
async function settled(
  work: Promise<void>,
  waiting: readonly ((error?: unknown) => void)[],
): Promise<void> {
  try {
    await work;
    for (const settle of waiting) settle();
  } catch (error) {
    for (const settle of waiting) settle(error);
  }
}

function healed(count: number): ActorsError {
  const message = `Redis came back without ${count} writes it had acknowledged; all were made again`;
  return new ActorsError('store-forgot', message);
}

function forgotten(most: number, again: number): ActorsError {
  const what = `Redis came back without writes it had acknowledged, ${most} at most`;
  return new ActorsError('store-forgot', `${what}; the last ${again} were made again`);
}

function restless(): ActorsError {
  return new ActorsError('store-unavailable', 'Redis forgets faster than it can be told again');
}

function closed(): ActorsError {
  return new ActorsError('store-unavailable', 'The store is closed');
}
