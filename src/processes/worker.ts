import type { ChildProcess } from 'node:child_process';
import type { Worker as ClusterWorker } from 'node:cluster';
import type { Clock } from '../base/clock.ts';
import { Channel } from './channel.ts';
import type { Hub, Seat } from './hub.ts';
import type { Message } from './messages.ts';

/** How long a process that was asked to end may take beside its deadline. */
const AFTER_MS = 3000;

export interface WorkerParts {
  readonly index: number;
  readonly worker: ClusterWorker;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly secret: string;
  readonly startMs: number;
}

/** One of the processes that serve, as the first process has it. */
export class Worker {
  readonly index: number;
  /** Resolves when the process serves, or has ended. */
  readonly begun: Promise<void>;
  /** Resolves when the process has ended, with its exit code or the signal. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  readonly #channel: Channel;
  readonly #seat: Seat;
  readonly #clock: Clock;
  readonly #secret: string;
  #begin: () => void = () => {};
  /** Kills the process when it takes too long. */
  #timer: unknown;
  #servesSince: number | undefined;
  #isLeaving = false;
  #hasEnded = false;

  constructor({ index, worker, hub, clock, secret, startMs }: WorkerParts) {
    this.index = index;
    this.#process = worker.process;
    this.#clock = clock;
    this.#secret = secret;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.#channel = channelTo(this.#process);
    this.#channel.onMessage((message) => this.#take(message));
    this.#seat = hub.seat(this.#channel);
    this.#timer = clock.setTimeout(() => this.kill(), startMs);
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code: number | null, signal: string | null) => {
        this.#end();
        resolve(signal ?? code ?? 0);
      });
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get serves(): boolean {
    return this.#servesSince !== undefined && !this.#hasEnded;
  }

  /** How long the process has served, in milliseconds; `undefined`: it has not come to that. */
  get servedMs(): number | undefined {
    const since = this.#servesSince;
    return since === undefined ? undefined : this.#clock.now() - since;
  }

  /** The process was asked to end, or has said that it will. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Has the process end, gently: what is in flight may take so long. */
  async leave(deadlineMs: number, isReplaced: boolean): Promise<void> {
    if (!this.#hasEnded) {
      this.#isLeaving = true;
      void this.#channel.send({ type: 'leave', deadlineMs, isReplaced });
      this.#killAfter(deadlineMs + AFTER_MS);
    }
    await this.ended;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #killAfter(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.kill(), ms);
  }

  #take(message: Message): void {
    if (message.type === 'hello') {
      void this.#channel.send({ type: 'welcome', secret: this.#secret });
    } else if (message.type === 'serving') {
      this.#servesSince = this.#clock.now();
      if (!this.#isLeaving) this.#clock.clearTimeout(this.#timer);
      this.#begin();
    } else if (message.type === 'leaving' && !this.#isLeaving) {
      this.#isLeaving = true;
      this.#killAfter(message.deadlineMs + AFTER_MS);
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#clock.clearTimeout(this.#timer);
    this.#seat.ended();
    this.#begin();
  }
}

function channelTo(child: ChildProcess): Channel {
  return new Channel({
    send(message, written) {
      // A process that has ended gets nothing; that it has is told by its end.
      if (child.connected) child.send(message as object, written);
    },
    onMessage: (listener) => void child.on('message', listener),
    onGone: (listener) => void child.on('disconnect', listener),
  });
}
