import type { Deadlines } from '../base/deadlines.ts';
import type { Timed } from '../base/timetable.ts';

/** What an agenda needs of the actors whose delays it keeps. */
export interface AgendaHost {
  readonly deadlines: Deadlines;
  /** Runs a callback as part of the session. */
  run<R>(callback: () => R): R;
  /** A delay has begun, has passed or was cancelled. */
  delaysChanged(): void;
}

/** The clock of one system of actors: its delays are deadlines of the runtime's one sweep. */
export class Agenda {
  readonly #host: AgendaHost;
  readonly #open = new Set<Timed>();
  /** What the next delay was set for is noted here. */
  onSet: ((timed: Timed) => void) | null = null;

  constructor(host: AgendaHost) {
    this.#host = host;
  }

  /** When the next delay has passed, in milliseconds since the epoch. */
  get dueAt(): number | undefined {
    let first = Infinity;
    for (const { at } of this.#open) first = Math.min(first, at);
    return first === Infinity ? undefined : first;
  }

  /** @param delayMs less than 0 for what was due in the past: of those, the first is due first */
  setTimeout(callback: () => void, delayMs: number): Timed {
    const { deadlines } = this.#host;
    const at = deadlines.now() + (Number.isNaN(delayMs) ? 0 : delayMs);
    const timed = deadlines.at(at, () => {
      this.#open.delete(timed);
      this.#host.run(callback);
      this.#host.delaysChanged();
    });
    this.#open.add(timed);
    this.onSet?.(timed);
    this.#host.delaysChanged();
    return timed;
  }

  clearTimeout(timed: Timed): void {
    this.#cancel(timed);
    this.#host.delaysChanged();
  }

  /** Cancels all delays. */
  clear(): void {
    for (const timed of this.#open) this.#cancel(timed);
  }

  #cancel(timed: Timed): void {
    this.#open.delete(timed);
    this.#host.deadlines.cancel(timed);
  }
}
