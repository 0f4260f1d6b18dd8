import { VirtualClock } from '../virtualClock.ts';

/** A virtual clock that waits, after each timer, for whatever a test wants to have happened. */
export class PacedClock extends VirtualClock {
  readonly #due = new Map<unknown, number>();

  override setTimeout(
    callback: () => void,
    delayMs: number,
  ): ReturnType<VirtualClock['setTimeout']> {
    const timer = super.setTimeout(() => {
      this.#due.delete(timer);
      callback();
    }, delayMs);
    this.#due.set(timer, this.now() + Math.max(delayMs, 0));
    return timer;
  }

  override clearTimeout(timer: unknown): void {
    this.#due.delete(timer);
    super.clearTimeout(timer);
  }

  async pass(ms: number, settle: () => Promise<void>): Promise<void> {
    const end = this.now() + ms;
    await settle();
    for (let next = this.#next(); next <= end; next = this.#next()) {
      this.advance(Math.max(next - this.now(), 0));
      await settle();
    }
    this.advance(end - this.now());
  }

  #next(): number {
    return Math.min(...this.#due.values());
  }
}
