import cluster from 'node:cluster';
import type { Server } from 'node:net';
import { heldClock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import { timerOf } from '../base/within.ts';
import { leaveProcess } from '../adapters/leaveProcess.ts';
import { makeCluster } from '../cluster/makeCluster.ts';
import { settleCluster } from '../cluster/options.ts';
import type { Cluster } from '../directory/cluster.ts';
import { Channel } from './channel.ts';
import { Connections } from './connections.ts';
import { IpcEngine } from './ipcEngine.ts';
import { IpcLink } from './ipcLink.ts';
import type { ProcessesSettings } from './options.ts';
import { Questions } from './questions.ts';

/** What a process that serves is given. */
export interface Part {
  /** For the runtime: `createRuntime({ cluster })`. */
  readonly cluster: Cluster;
  /** The number of the process, from 1: one that replaces another has the same. */
  readonly index: number;
  /** The name of the process for people: `p1`, `p2` and so on. */
  readonly name: string;
}

/** What a process serves by: what `serve` resolves to is one. */
export interface Serving {
  /** Where connections come in: closed first, so that they go to other processes. */
  readonly server?: Server;
  /** Ends what is served, gently: for so long at most. */
  close(options: { readonly deadlineMs: number }): Promise<unknown>;
}

/** How long an answer of the first process is waited for. */
const ANSWER_MS = 5000;
/** One of the processes that serve, in that process. */
export class WorkerProcess {
  readonly #settings: ProcessesSettings;
  readonly #index: number;
  readonly #channel = channelUp();
  #serving: Promise<Serving> | null = null;
  #connections: Connections | null = null;
  #isLeaving = false;

  constructor(settings: ProcessesSettings, index: number) {
    this.#settings = settings;
    this.#index = index;
    const { deadlineMs } = settings;
    this.#channel.onMessage((message) => {
      if (message.type === 'leave') this.#leave(message.deadlineMs, message.isReplaced);
    });
    this.#channel.onGone(() => this.#leave(deadlineMs, false));
    // A terminal tells all processes; the first one says what becomes of that.
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
    process.on('SIGTERM', () => this.#leave(deadlineMs, true));
  }

  /** Does the work; resolves when the process serves. */
  async run(work: (part: Part) => Serving | Promise<Serving>): Promise<void> {
    const secret = await this.#welcome();
    const name = `p${this.#index}`;
    const part = { cluster: this.#join(secret, name), index: this.#index, name };
    const serving = (async () => work(part))();
    this.#serving = serving;
    const { server } = await serving;
    if (server !== undefined) this.#connections = new Connections(server, heldClock);
    void this.#channel.send({ type: 'serving' });
  }

  #welcome(): Promise<string> {
    return new Promise((resolve) => {
      this.#channel.onMessage((message) => {
        if (message.type === 'welcome') resolve(message.secret);
      });
      void this.#channel.send({ type: 'hello' });
    });
  }

  #join(secret: string, name: string): Cluster {
    const settings = settleCluster({ ...this.#settings.cluster, secret, name });
    return makeCluster(settings, 'processes', ({ services }) => {
      const { clock, events } = services;
      const deadlines = new Deadlines(clock, (error) => events.emit('cluster.failed', { error }));
      const late = deadlines.queue<() => void>(ANSWER_MS, (giveUp) => giveUp());
      const questions = new Questions(this.#channel, timerOf(late));
      const engine = new IpcEngine(questions, () => deadlines.stop());
      return { engine, link: new IpcLink(this.#channel, questions) };
    });
  }

  #leave(deadlineMs: number, isReplaced: boolean): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    void this.#channel.send({ type: 'leaving', deadlineMs });
    this.#end(deadlineMs, isReplaced)
      .catch((error: unknown) => {
        process.exitCode = 1;
        process.emitWarning(error instanceof Error ? error : String(error));
      })
      .finally(() => this.#exit());
  }

  async #end(deadlineMs: number, isReplaced: boolean): Promise<void> {
    // What never comes to serve has nothing in flight.
    if (this.#serving === null) return;
    const serving = await this.#serving;
    if (isReplaced) await this.#connections?.sendAway();
    await serving.close({ deadlineMs });
  }

  #exit(): void {
    // Without this, node ends the process in the turn in which its channel is closed.
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
    if (process.connected) process.disconnect();
    leaveProcess(undefined);
  }
}

function channelUp(): Channel {
  return new Channel({
    send(message, written) {
      if (process.connected) process.send!(message, undefined, undefined, written);
    },
    onMessage: (listener) => void process.on('message', listener),
    onGone(listener) {
      cluster.worker?.once('disconnect', () => {
        // Without this, node ends the process now, whatever is in flight.
        cluster.worker!.exitedAfterDisconnect = true;
        listener();
      });
    },
  });
}
