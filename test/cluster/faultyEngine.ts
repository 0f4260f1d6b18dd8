import { ActorsError } from '../../src/base/errors.ts';
import type { Engine, Incarnation, Space } from '../../src/cluster/engine.ts';

/** A node's way to an engine, which breaks, is mended, and loses answers to what was done. */
export class FaultyEngine implements Engine {
  readonly #engine: Engine;
  readonly #listeners: (() => void)[] = [];
  readonly #waiting = new Set<(error: Error) => void>();
  /** By which its node has joined last. */
  incarnation: Incarnation | undefined;
  #isBroken = false;
  #losing = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.onReconnect(() => this.#tell());
  }

  /** Whoever waits is told at once; what was asked may have been done. */
  break(): void {
    this.#isBroken = true;
    for (const reject of this.#waiting) reject(lost());
  }

  mend(): void {
    if (!this.#isBroken) return;
    this.#isBroken = false;
    this.#tell();
  }

  /** The next answers do not arrive. */
  loseAnswers(count: number): void {
    this.#losing = count;
  }

  async join(as: Incarnation, leaseMs: number, about: Buffer) {
    this.incarnation = as;
    return this.#ask(() => this.#engine.join(as, leaseMs, about));
  }

  async renew(as: Incarnation, leaseMs: number, about: Buffer) {
    return this.#ask(() => this.#engine.renew(as, leaseMs, about));
  }

  async leave(as: Incarnation) {
    return this.#ask(() => this.#engine.leave(as));
  }

  async leftMs(of: Incarnation) {
    return this.#ask(() => this.#engine.leftMs(of));
  }

  async members() {
    return this.#ask(() => this.#engine.members());
  }

  space(name: string | undefined): Space {
    const space = this.#engine.space(name);
    return {
      look: (...args) => this.#ask(() => space.look(...args)),
      claim: (...args) => this.#ask(() => space.claim(...args)),
      write: (...args) => this.#ask(() => space.write(...args)),
      release: (...args) => this.#ask(() => space.release(...args)),
      acquit: (...args) => this.#ask(() => space.acquit(...args)),
      reassert: (...args) => this.#ask(() => space.reassert(...args)),
      read: (...args) => this.#ask(() => space.read(...args)),
      page: (...args) => this.#ask(() => space.page(...args)),
      due: (...args) => this.#ask(() => space.due(...args)),
      count: (...args) => this.#ask(() => space.count(...args)),
    };
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#isBroken) throw lost();
    const isLost = this.#losing > 0;
    if (isLost) this.#losing--;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      question()
        .then((answer) => (isLost ? reject(lost()) : resolve(answer)), reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function lost(): ActorsError {
  return new ActorsError('store-unavailable', 'The connection was lost');
}
