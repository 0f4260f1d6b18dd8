import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';

/** How long a viewer may take to read what waits for it. */
const READ_MS = 15_000;

/** A response that is written as lines, for as long as its reader keeps up. */
export class Viewer {
  readonly #response: ServerResponse;
  readonly #maxBytes: number;
  readonly #clock: Clock;

  constructor(response: ServerResponse, maxBytes: number, clock: Clock) {
    this.#response = response;
    this.#maxBytes = maxBytes;
    this.#clock = clock;
    response.on('error', () => {});
  }

  get isGone(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  whenGone(callback: () => void): void {
    this.#response.once('close', callback);
  }

  /** Writes a line at once. A viewer that leaves too much unread is cut: no writer waits for it. */
  write(line: string): boolean {
    if (this.isGone) return false;
    if (this.#response.writableLength + line.length > this.#maxBytes) {
      this.cut();
      return false;
    }
    this.#response.write(line);
    return true;
  }

  /** Writes as many lines as the viewer takes, then waits until it has taken them. */
  async writeAll(lines: Iterable<string>): Promise<void> {
    for (const line of lines) {
      if (!this.write(line)) return;
      if (this.#response.writableNeedDrain) await this.#drained();
    }
  }

  end(): void {
    if (!this.isGone) this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.cut(), READ_MS);
      const settle = (): void => {
        this.#clock.clearTimeout(timer);
        this.#response.off('drain', settle).off('close', settle);
        resolve();
      };
      this.#response.once('drain', settle).once('close', settle);
    });
  }
}
