import type { Writable } from 'node:stream';
import type { ChannelEnd, Wire } from './channel.ts';
import type { Clock } from '../base/clock.ts';

/** How long the client may take for the last messages once the session is over. */
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

  /** Waits until the last messages are taken, and ends the pipe unless it is the process's own. */
  async close(clock: Clock): Promise<void> {
    const output = this.#output;
    if (output.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, FLUSH_MS);
      const done = (): void => {
        clock.clearTimeout(timer);
        resolve();
      };
      if (output === process.stdout) output.write('', done);
      else output.end(done);
    });
  }
}
