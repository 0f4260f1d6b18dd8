import type { Clock } from '../../base/clock.ts';
import { watchPassed } from '../../gateway/passed.ts';
import { listen } from '../recorder/listen.ts';
import { History } from './history.ts';
import type { Line, LineOf } from './lines.ts';
import type { InspectorLimits } from './options.ts';
import type { SessionView } from '../../directory/view.ts';
import { Table } from './table.ts';
import type { Inspected } from './inspected.ts';

/** Sessions looked at in one go: some tenths of a millisecond. */
const SWEEP = 250;
/** Sessions asked for by name after a sweep that has not met them. */
const MAX_MISSED = 20;
/** Of a name that a server chose. */
const MAX_METHOD = 128;

const ASLEEP = 'idle.asleep';

/** Listens to a runtime and keeps what a page shows of it. */
export class Watch<T> {
  readonly history: History;
  readonly table: Table;
  readonly #runtime: Inspected<T>;
  readonly #stops: readonly (() => void)[];
  #supervisor = 'accepting';
  /** The supervisor's last step. */
  #step: LineOf<'supervisor'> | undefined;
  #cursor: string | undefined;
  #looked = 0;
  readonly #maxRows: number;
  #isSweeping = false;

  constructor(runtime: Inspected<T>, limits: InspectorLimits, clock: Pick<Clock, 'now'>) {
    this.#runtime = runtime;
    this.#maxRows = limits.maxRows;
    this.history = new History(limits);
    this.table = new Table(limits.maxRows, limits.maxEnded);
    if (!runtime.isReady) this.#supervisor = 'draining';
    this.#stops = [
      listen(runtime, (line) => this.#note(line), { messages: true, clock }),
      // Gateways of other runtimes are heard as well.
      watchPassed(({ session, direction, kind, method, bytes }) => {
        if (!this.table.has(session)) return;
        const short = method?.slice(0, MAX_METHOD);
        const at = clock.now();
        this.#note({ type: 'upstream', at, session, direction, kind, method: short, bytes });
      }),
    ];
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
      const page = await this.#runtime.list({ limit: SWEEP, ...(after && { after }) });
      for (const view of page.sessions) this.table.meet(view);
      this.#looked += page.sessions.length;
      if (page.next === undefined) await this.#lookForMissed();
      this.#cursor = this.#looked < this.#maxRows ? page.next : undefined;
      return this.#cursor === undefined;
    } finally {
      this.#isSweeping = false;
    }
  }

  /**
   * One session as it is now, from those in this process: to find one that sleeps, a store would
   * have to be read through.
   */
  async look(key: string): Promise<SessionView | undefined> {
    const state = this.table.stateOf(key);
    if (state === undefined || state === ASLEEP) return undefined;
    return (await this.#runtime.list({ key, state, limit: 1 })).sessions[0];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  /**
   * A sweep can pass somebody over: the one it stood at may end before it goes on, and whoever wakes
   * changes places. So those it has not met twice are asked for by name before they are given up.
   */
  async #lookForMissed(): Promise<void> {
    for (const { key, state } of this.table.endSweep().slice(0, MAX_MISSED)) {
      const isHere = state !== ASLEEP && (await this.look(key)) !== undefined;
      if (!isHere) this.table.drop(key);
    }
  }

  #note(line: Line): void {
    if (line.type === 'supervisor') {
      this.#supervisor = line.to;
      this.#step = line;
    }
    this.history.write(line);
    this.table.note(line);
  }
}
