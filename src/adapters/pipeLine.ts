import type { Writable } from 'node:stream';
import type { ChannelEnd, Wire } from './channel.ts';
import type { Clock } from '../base/clock.ts';
import { awaited, timerFor } from '../base/within.ts';

/** How long the client may take nothing of the last messages once the session is over. */
const FLUSH_MS = 1000;

/** The outgoing pipe under a channel: one message a line. */
export class PipeLine implements Wire {
  readonly carrier = 'stdio';
  readonly #output: Writable;
  readonly #onOver: (reason: ChannelEnd) => void;
  /** Called after each message that was sent. */
  onSent: (() => void) | null = null;
  #isOver = false;
  #drained: Promise<void> | null = null;
  readonly #callbacks: (() => void)[] = [];

  constructor(output: Writable, onOver: (reason: ChannelEnd) => void) {
    this.#output = output;
    this.#onOver = onOver;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get unread(): number {
    return this.#output.writableLength;
  }

  send(json: string): void {
    // JSON text has no line breaks of its own.
    this.#output.write(`${json}\n`);
    this.onSent?.();
  }

  end(reason: ChannelEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver(reason);
  }

  async drained(): Promise<void> {
    if (!this.#output.writableNeedDrain) return;
    // One listener serves all callers that wait.
    this.#drained ??= new Promise<void>((resolve) => {
      const output = this.#output;
      const done = (): void => {
        output.off('drain', done).off('close', done);
        this.#drained = null;
        resolve();
      };
      output.on('drain', done).on('close', done);
    });
    await this.#drained;
  }

  /** Drops what the client has not taken, and the pipe with it. */
  cut(): void {
    // What is the process's own goes with the process.
    if (this.#output !== process.stdout) this.#output.destroy();
  }

  whenGone(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /**
   * Waits until the last messages are taken, and ends the pipe unless it is the process's own. A
   * client that takes nothing any more is waited for no longer, and cut.
   */
  async close(clock: Clock): Promise<void> {
    const output = this.#output;
    const ended = new Promise<void>((resolve) => {
      if (output.destroyed) return resolve();
      output.once('close', resolve);
      if (output === process.stdout) output.write('', () => resolve());
      else output.end(() => resolve());
    });
    for (let left = Infinity, isOver = false; !isOver && output.writableLength < left;) {
      left = output.writableLength;
      isOver = await awaited(ended, timerFor(clock, FLUSH_MS));
    }
    if (output.writableLength > 0) this.cut();
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}
