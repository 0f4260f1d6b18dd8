import { cut } from '../../base/cut.ts';
import { watchPassed } from '../../gateway/passed.ts';
import { listen } from '../recorder/listen.ts';
import { History } from './history.ts';
import type { Line, LineOf } from './lines.ts';
import { withNames } from './names.ts';
import type { InspectorLimits } from './options.ts';
import type { SessionView } from '../../directory/view.ts';
import { Table } from './table.ts';
import type { Inspected } from './inspected.ts';

/** Sessions in one step of a sweep: a step takes some tenths of a millisecond. */
const SWEEP = 250;
/** Sessions looked up by key after a sweep that has not met them. */
const MAX_MISSED = 20;
/** Longest name of a message kept: a server chose the name. */
const MAX_METHOD = 128;

const ASLEEP = 'idle.asleep';

/** Listens to a runtime and keeps what a page shows of it. */
export class Watch {
  readonly history: History;
  readonly table: Table;
  readonly runtime: Inspected;
  readonly #stops: readonly (() => void)[];
  /** The supervisor's state and its last step. */
  supervisor: { readonly state: string; readonly last: LineOf<'supervisor'> | undefined };
  #cursor: string | undefined;
  #looked = 0;
  readonly #maxRows: number;
  #isSweeping = false;

  constructor(runtime: Inspected, limits: InspectorLimits) {
    this.runtime = runtime;
    this.#maxRows = limits.maxRows;
    this.history = new History(limits);
    this.table = new Table(limits.maxRows, limits.maxEnded);
    this.supervisor = { state: runtime.isReady ? 'accepting' : 'draining', last: undefined };
    this.#stops = [
      listen(runtime, (line, event) => this.#note(withNames(line, event)), {
        messages: true,
        clock: runtime,
      }),
      // Gateways of other runtimes are heard as well: their sessions are not in the table.
      watchPassed(({ session, direction, kind, method, target, bytes }) => {
        if (this.table.stateOf(session) === undefined) return;
        const short = method && cut(method, MAX_METHOD);
        const at = runtime.now();
        const name = target?.();
        const line = { at, session, direction, kind, method: short, bytes };
        this.#note({ type: 'upstream', ...line, ...(name !== undefined && { name }) });
      }),
    ];
  }

  /**
   * Looks at the next sessions. Events tell states at once; what events do not tell (queues,
   * streams, deadlines) is as old as the last sweep.
   *
   * @returns whether the sweep is complete
   */
  async sweep(): Promise<boolean> {
    // A call that comes while a page of sleeping sessions is read does nothing: one look at a time.
    if (this.#isSweeping) return false;
    this.#isSweeping = true;
    try {
      const after = this.#cursor;
      if (after === undefined) {
        this.table.beginSweep();
        this.#looked = 0;
      }
      const page = await this.runtime.list({ limit: SWEEP, ...(after && { after }) });
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
   * One session as it is now, if it is in this process: to find a sleeping session, a store would
   * have to be read through.
   */
  async look(key: string): Promise<SessionView | undefined> {
    const state = this.table.stateOf(key);
    if (state === undefined || state === ASLEEP) return undefined;
    return (await this.runtime.list({ key, state, limit: 1 })).sessions[0];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  /**
   * Drops the sessions that are gone. A sweep can miss a session that lives: the session the sweep
   * stood at may end before the sweep goes on, and a session that wakes changes its place. So a
   * session that two sweeps have missed is looked up by key before it is dropped.
   */
  async #lookForMissed(): Promise<void> {
    for (const { key, state } of this.table.endSweep().slice(0, MAX_MISSED)) {
      const isHere = state !== ASLEEP && (await this.look(key)) !== undefined;
      if (!isHere) this.table.drop(key);
    }
  }

  #note(line: Line): void {
    if (line.type === 'supervisor') this.supervisor = { state: line.to, last: line };
    this.history.write(line);
    this.table.note(line);
  }
}
