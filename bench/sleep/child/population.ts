import { setImmediate as turn } from 'node:timers/promises';

import { createRuntime, type Runtime } from '../../../src/index.ts';
import { openLmdbStore } from '../../../src/store/lmdb.ts';
import type { SessionStore } from '../../../src/store/store.ts';
import { memory } from '../../child/memory.ts';
import { watched } from './blocks.ts';
import { LeapClock } from './leapClock.ts';
import type { Adopted, Crowd, Filled, Latencies, Visited } from './questions.ts';
import { Visitor } from './visitor.ts';
import { newcomer, type Visits, visitServer } from './visitServer.ts';

const IDLE_MS = 60_000;
const EVICT_MS = 7 * 24 * 3_600_000;
/** Clients that talk at once, and sessions that are awake at once while they come. */
const AT_ONCE = 1024;
const BATCH = 4096;
/** Characters of an id. */
const LENGTH = 26;
/** Sessions that are awake all the while, to be compared with those that are woken. */
const RESIDENTS = 100;

/** Sessions of one runtime, nearly all of them asleep. */
export class Population {
  readonly #clock = new LeapClock();
  readonly #folder: string | undefined;
  #store: SessionStore | undefined;
  #started: Runtime<Visits> | undefined;
  #visitor = new Visitor({ fetch: (...sent) => this.#runtime.fetch(...sent) });
  #count = 0;
  #asleep = 0;
  #ended = 0;
  /** Beside the heap, so that what is measured there is the runtime's: ids, and visits so far. */
  readonly #ids: Buffer;
  readonly #visits: Uint16Array;

  /** @param folder of a durable store; without one they sleep in memory */
  constructor(size: number, folder: string | undefined) {
    this.#folder = folder;
    this.#ids = Buffer.alloc(size * LENGTH);
    this.#visits = new Uint16Array(size);
  }

  state(): Promise<number> {
    return bytesOf(newcomer);
  }

  async fill(count: number): Promise<Filled> {
    let [openMs, sleepMs] = [0, 0];
    const end = this.#count + count;
    while (this.#count < end) {
      const began = performance.now();
      const batch = Math.min(BATCH, end - this.#count);
      await this.#each(batch, () => this.#open(this.#count++));
      openMs += performance.now() - began;
      await this.#quiet();
      const idle = performance.now();
      await this.#doze();
      sleepMs += performance.now() - idle;
    }
    return { openMs, sleepMs };
  }

  wakes(count: number): Promise<Latencies> {
    const awake = Array.from({ length: RESIDENTS }, (_, number) => number);
    return this.#compare(this.#asleepOnes(count, new Set(awake)), awake);
  }

  async rest(): Promise<null> {
    await this.#quiet();
    await this.#doze();
    return null;
  }

  async dozeOff(count: number): Promise<Crowd> {
    let number = 0;
    await this.#each(count, () => this.#visit(number++));
    await this.#quiet();
    return { sessions: count, ...(await watched(() => this.#doze())) };
  }

  async expire(): Promise<Crowd> {
    const sessions = this.#runtime.stats().sessions.asleep;
    const ended = this.#ended + sessions;
    const passed = await watched(async () => {
      this.#clock.leap(EVICT_MS + IDLE_MS + 1);
      while (this.#ended < ended) await turn();
    });
    this.#count = 0;
    this.#visits.fill(0);
    return { sessions, ...passed };
  }

  some(count: number): Visited[] {
    return this.#asleepOnes(Math.min(count + RESIDENTS, this.#count), new Set()).map((number) => {
      return { number, id: this.#idOf(number), visits: this.#visits[number] ?? 0 };
    });
  }

  async adopt(known: Visited[]): Promise<Adopted> {
    for (const { number, id, visits } of known) {
      this.#ids.write(id, number * LENGTH, 'latin1');
      this.#visits[number] = visits;
    }
    const [first = 0, ...others] = known.map(({ number }) => number);
    const began = performance.now();
    while (this.#runtime.stats().sessions.asleep === 0) await turn();
    const openMs = performance.now() - began;
    const { asleep } = this.#runtime.stats().sessions;
    const firstMs = await this.#visit(first);
    const awake = others.splice(0, RESIDENTS - 1);
    return { openMs, asleep, firstMs, latencies: await this.#compare(others, awake) };
  }

  async close(): Promise<null> {
    await this.#runtime.close();
    await this.#store?.close();
    return null;
  }

  get #runtime(): Runtime<Visits> {
    return (this.#started ??= this.#start());
  }

  #start(): Runtime<Visits> {
    this.#store = this.#folder === undefined ? undefined : openLmdbStore({ path: this.#folder });
    const runtime = createRuntime<Visits>({
      server: visitServer,
      state: newcomer,
      clock: this.#clock,
      idleTimeoutMs: IDLE_MS,
      evictAfterMs: EVICT_MS,
      maxSessions: 1_000_000,
      maxHandshakes: AT_ONCE,
      maxSleeping: 10_000_000,
      ...(this.#store !== undefined && { store: this.#store }),
    });
    runtime.on('session.slept', () => void this.#asleep++);
    runtime.on('session.ended', () => void this.#ended++);
    return runtime;
  }

  async #open(number: number): Promise<void> {
    const id = await this.#visitor.open(number);
    if (id.length !== LENGTH) throw new Error(`an id of ${id.length} characters`);
    this.#ids.write(id, number * LENGTH, 'latin1');
    await this.#visit(number);
  }

  #visit(number: number): Promise<number> {
    const visits = (this.#visits[number] ?? 0) + 1;
    this.#visits[number] = visits;
    return this.#visitor.visit(number, this.#idOf(number), visits);
  }

  #idOf(number: number): string {
    return this.#ids.toString('latin1', number * LENGTH, (number + 1) * LENGTH);
  }

  /** One wakes, one that is awake is called, and again. */
  async #compare(asleep: readonly number[], awake: readonly number[]): Promise<Latencies> {
    const latencies: Latencies = { wakes: [], calls: [] };
    for (const number of awake) await this.#visit(number);
    for (const [i, number] of asleep.entries()) {
      latencies.wakes.push(await this.#visit(number));
      latencies.calls.push(await this.#visit(awake[i % awake.length] ?? 0));
    }
    return latencies;
  }

  /** At random. */
  #asleepOnes(count: number, awake: ReadonlySet<number>): number[] {
    const picked = new Set<number>();
    while (picked.size < count) {
      const number = Math.floor(Math.random() * this.#count);
      if (!awake.has(number)) picked.add(number);
    }
    return [...picked];
  }

  /** Does something so often, some at once. */
  async #each(count: number, work: () => Promise<unknown>): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await work();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** All that are awake come to rest. */
  async #quiet(): Promise<void> {
    while (this.#runtime.stats().sessions.active > 0) {
      this.#clock.leap(2000);
      while (this.#clock.isBehind) await turn();
    }
  }

  /** All that are idle fall asleep. */
  async #doze(): Promise<void> {
    const all = this.#asleep + this.#runtime.stats().sessions.idle;
    this.#clock.leap(IDLE_MS);
    while (this.#asleep < all) await turn();
    while (this.#runtime.residents().length > 0) await turn();
  }
}

/** Of one value among many: what holds them costs the same for all. */
async function bytesOf(make: () => object): Promise<number> {
  const count = 100_000;
  const held: unknown[] = Array.from({ length: count });
  const before = await memory();
  for (let i = 0; i < count; i++) held[i] = make();
  const after = await memory();
  if (held.length !== count) throw new Error('not held');
  return (after.heapBytes - before.heapBytes) / count;
}
