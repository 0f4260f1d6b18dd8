import { randomBytes } from 'node:crypto';
import cluster from 'node:cluster';
import type { Clock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { SerialQueue } from '../base/serialQueue.ts';
import { EngineMemory } from '../cluster/memory/engineMemory.ts';
import { Hub } from './hub.ts';
import type { ProcessesSettings } from './options.ts';
import { Restarts } from './restarts.ts';
import { Worker } from './worker.ts';

/** Under this name a process that serves finds its number in its environment. */
export const INDEX = 'MCP_ACTORS_PROCESS';

export interface SupervisorParts {
  readonly settings: ProcessesSettings;
  /** Its timers keep the process alive. */
  readonly clock: Clock;
  /** No process serves, and none will. */
  readonly gaveUp: (error: ActorsError) => void;
}

/**
 * Starts processes that serve, and replaces those that end. Has what they have in common in its memory.
 */
export class Supervisor {
  readonly #settings: ProcessesSettings;
  readonly #clock: Clock;
  readonly #gaveUp: (error: ActorsError) => void;
  readonly #hub: Hub;
  /** Seals what processes say to each other: no two runs have the same. */
  readonly #secret = randomBytes(32).toString('base64url');
  readonly #restarts = new Restarts();
  readonly #reloads = new SerialQueue();
  /** All that have not ended. */
  readonly #workers = new Set<Worker>();
  /** Who serves under a number, or begins to. */
  readonly #current = new Map<number, Worker>();
  readonly #timers = new Map<number, unknown>();
  #isClosing = false;
  #hasBegun = false;

  constructor({ settings, clock, gaveUp }: SupervisorParts) {
    this.#settings = settings;
    this.#clock = clock;
    this.#gaveUp = gaveUp;
    // Nothing was forgotten: no grace.
    this.#hub = new Hub({ memory: new EngineMemory(clock, 'first process', 0) });
    cluster.setupPrimary({ serialization: 'advanced' });
    // Each process takes connections from the port itself. Where the first one would hand them out, a
    // connection on its way to a process that is killed would be nobody's, and its client would wait.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  get pids(): readonly number[] {
    return Array.from(this.#workers, ({ pid }) => pid);
  }

  /**
   * Starts one process, and when it serves all others: what is wrong with all is said once.
   *
   * @throws ActorsError `process-ended` where the first one does not come to serve
   */
  async start(): Promise<void> {
    const first = this.#begin(1);
    await first.begun;
    if (!first.serves && !this.#isClosing) throw notServing(1, await first.ended);
    this.#hasBegun = true;
    const { processes } = this.#settings;
    const others = Array.from({ length: processes - 1 }, (_, n) => this.#begin(n + 2).begun);
    await Promise.all(others);
  }

  /**
   * Replaces each process, one after the other: the next one serves before the last one has to leave.
   *
   * @throws ActorsError `process-ended` where a new process does not come to serve: the others stay
   */
  reload(): Promise<void> {
    return this.#reloads.run(async () => {
      for (let index = 1; index <= this.#settings.processes; index++) {
        if (this.#isClosing) return;
        await this.#replace(index);
      }
    });
  }

  /** Has all processes end. */
  async close(deadlineMs: number = this.#settings.deadlineMs): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#timers.values()) this.#clock.clearTimeout(timer);
    this.#timers.clear();
    await Promise.all([...this.#workers].map((worker) => worker.leave(deadlineMs, false)));
  }

  /** Ends all processes at once. */
  kill(): void {
    this.#isClosing = true;
    for (const worker of this.#workers) worker.kill();
  }

  /** Starts a process under a number that has none. */
  #begin(index: number): Worker {
    const worker = this.#fork(index);
    this.#current.set(index, worker);
    return worker;
  }

  async #replace(index: number): Promise<void> {
    const last = this.#current.get(index);
    const timer = this.#timers.get(index);
    this.#clock.clearTimeout(timer);
    this.#timers.delete(index);
    const next = this.#fork(index);
    await next.begun;
    if (!next.serves) {
      // Whoever served under the number may have ended meanwhile.
      if (last === undefined || !this.#workers.has(last)) this.#beginLater(index, 0);
      if (this.#isClosing) return;
      throw notServing(index, await next.ended);
    }
    this.#current.set(index, next);
    if (last !== undefined && this.#workers.has(last)) {
      await last.leave(this.#settings.deadlineMs, true);
    }
  }

  #fork(index: number): Worker {
    const { startMs } = this.#settings;
    const worker = new Worker({
      index,
      worker: cluster.fork({ [INDEX]: String(index) }),
      hub: this.#hub,
      clock: this.#clock,
      secret: this.#secret,
      startMs,
    });
    this.#workers.add(worker);
    void this.#follow(worker);
    return worker;
  }

  async #follow(worker: Worker): Promise<void> {
    await worker.begun;
    if (worker.serves) this.#restarts.served();
    const how = await worker.ended;
    this.#workers.delete(worker);
    const { index, isLeaving, servedMs } = worker;
    // Another one has its number, or its end was asked for.
    if (this.#isClosing || this.#current.get(index) !== worker) return;
    this.#current.delete(index);
    if (isLeaving) return this.#beginLater(index, 0);
    const delayMs = this.#restarts.ended({ index, servedMs });
    const what = `Process ${index} (${worker.pid}) ended with ${how}`;
    if (delayMs !== undefined) {
      this.#settings.report(`${what}: another one begins ${inTime(delayMs)}`);
      return this.#beginLater(index, delayMs);
    }
    await this.#giveUp(notServing(index, how));
  }

  #beginLater(index: number, delayMs: number): void {
    if (this.#isClosing) return;
    const begin = (): void => {
      this.#timers.delete(index);
      if (!this.#isClosing && !this.#current.has(index)) this.#begin(index);
    };
    this.#timers.set(index, this.#clock.setTimeout(begin, delayMs));
  }

  async #giveUp(error: ActorsError): Promise<void> {
    await this.close();
    // Whoever waits for the start is told by that.
    if (this.#hasBegun) this.#gaveUp(error);
  }
}

function inTime(ms: number): string {
  return ms === 0 ? 'now' : `in ${ms} ms`;
}

function notServing(index: number, how: number | string): ActorsError {
  const message = `Process ${index} ended with ${how} before it served`;
  return new ActorsError('process-ended', message);
}
