import type { Clock } from '../../clock.ts';
import type { Runtime } from '../../runtime.ts';
import { Books } from './books.ts';
import type { Line } from './lines.ts';
import { listen } from './listen.ts';
import type { InspectorLimits } from './options.ts';
import { Table } from './table.ts';

/** Sessions looked at in one go: some tenths of a millisecond. */
const SWEEP = 250;

/** Listens to a runtime and keeps what a page shows of it. */
export class Watch<T> {
  readonly books: Books;
  readonly table: Table;
  readonly #runtime: Runtime<T>;
  readonly #stop: () => void;
  #supervisor = 'accepting';
  /** The supervisor's last step. */
  #step: (Line & { type: 'supervisor' }) | undefined;
  #cursor: string | undefined;
  #looked = 0;
  readonly #maxRows: number;
  #isSweeping = false;

  constructor(runtime: Runtime<T>, limits: InspectorLimits, clock: Clock) {
    this.#runtime = runtime;
    this.#maxRows = limits.maxRows;
    this.books = new Books(limits);
    this.table = new Table(limits.maxRows, limits.maxEnded);
    if (!runtime.isReady) this.#supervisor = 'draining';
    this.#stop = listen(runtime, clock, (line) => this.#note(line));
  }

  get supervisor(): { readonly state: string; readonly last: unknown } {
    return { state: this.#supervisor, last: this.#step };
  }

  /**
   * Looks at the next sessions. Events tell states at once; what they do not tell (queues, streams,
   * deadlines) is as old as the last look.
   *
   * @returns whether that were all
   */
  async sweep(): Promise<boolean> {
    // Asked again while a page of sleepers is being read: one look at a time.
    if (this.#isSweeping) return false;
    this.#isSweeping = true;
    try {
      const after = this.#cursor;
      if (after === undefined) {
        this.table.beginSweep();
        this.#looked = 0;
      }
      const page = await this.#runtime.sessions({ limit: SWEEP, ...(after && { after }) });
      for (const view of page.sessions) this.table.meet(view);
      this.#looked += page.sessions.length;
      // The one it stood at is gone: what lies behind it was not looked at, so nothing is missing.
      const isLost = after !== undefined && page.sessions.length === 0;
      if (page.next === undefined && !isLost) this.table.endSweep();
      this.#cursor = this.#looked < this.#maxRows ? page.next : undefined;
      return this.#cursor === undefined;
    } finally {
      this.#isSweeping = false;
    }
  }

  stop(): void {
    this.#stop();
  }

  #note(line: Line): void {
    if (line.type === 'upstream' && !this.table.has(line.session)) return;
    if (line.type === 'supervisor') {
      this.#supervisor = line.to;
      this.#step = line;
    }
    this.books.write(line);
    this.table.note(line);
  }
}
