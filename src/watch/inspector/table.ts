import type { SessionView } from '../../directory/view.ts';
import type { Line } from './lines.ts';
import { newRow, refresh, type Row } from './rows.ts';

/** Rows that changed, and keys of rows that went, since the last call of `takeChanges`. */
export interface Changes {
  readonly rows: readonly Row[];
  readonly gone: readonly string[];
}

/** The list of sessions as the page shows it: live sessions, and the last that ended. */
export class Table {
  readonly #maxRows: number;
  readonly #maxEnded: number;
  readonly #live = new Map<string, Row>();
  /** Rows of ended sessions, oldest first. */
  readonly #ended = new Map<string, Row>();
  readonly #changed = new Set<Row>();
  #gone: string[] = [];
  /** Keys of the sessions that the running sweep has not met yet. */
  #unmet: Set<string> | null = null;
  /** Keys of the sessions that the last sweep did not meet. */
  #missed = new Set<string>();

  constructor(maxRows: number, maxEnded: number) {
    this.#maxRows = maxRows;
    this.#maxEnded = maxEnded;
  }

  get size(): number {
    return this.#live.size + this.#ended.size;
  }

  has(session: string): boolean {
    return this.#live.has(session);
  }

  /** The state of a session that has not ended. */
  stateOf(session: string): string | undefined {
    return this.#live.get(session)?.state;
  }

  /** All rows, those of ended sessions last; the caller may pause between two rows. */
  *rows(): Iterable<Row> {
    yield* this.#live.values();
    yield* this.#ended.values();
  }

  /** Notes what a line says about its session. */
  note(line: Line): void {
    const { session, at } = line as { session?: string; at: number };
    if (session === undefined) return;
    const row = this.#live.get(session) ?? this.#open(session, line, at);
    if (row === undefined) return;
    // A line proves that its session lives: one that wakes changes its place under a running sweep.
    this.#unmet?.delete(session);
    if (line.type === 'transition') {
      row.state = line.to;
      // A transition that changes only a flag leaves the last step in sight.
      const isStep = line.from !== line.to || row.last === undefined;
      if (isStep) row.last = { at, from: line.from, to: line.to, event: line.event.type };
    } else if (line.type === 'message') row.seen[line.direction]++;
    else if (line.type === 'started') row.principal = line.principal;
    else if (line.type === 'pinned') row.pinned = line.why;
    else if (line.type === 'ended') this.#end(row, line.reason, at);
    this.#changed.add(row);
  }

  /** Begins a sweep over all sessions. */
  beginSweep(): void {
    this.#unmet = new Set(this.#live.keys());
  }

  meet(view: SessionView): void {
    this.#unmet?.delete(view.key);
    let row = this.#live.get(view.key);
    if (row === undefined) {
      if (this.#live.size >= this.#maxRows) return;
      row = newRow(view.key, view.startedAt);
      this.#live.set(view.key, row);
    }
    if (refresh(row, view)) this.#changed.add(row);
  }

  /** Ends a sweep. @returns rows of sessions that neither this sweep nor the last has met */
  endSweep(): Row[] {
    const before = this.#missed;
    this.#missed = this.#unmet ?? new Set();
    this.#unmet = null;
    return [...this.#missed]
      .filter((key) => before.has(key))
      .map((key) => this.#live.get(key))
      .filter((row) => row !== undefined);
  }

  /** Removes a session that went without an event. */
  drop(session: string): void {
    if (this.#live.delete(session)) this.#gone.push(session);
  }

  /** The next changes, at most `most` rows; the others stay for the next call. */
  takeChanges(most: number): Changes {
    const rows: Row[] = [];
    for (const row of this.#changed) {
      if (rows.length === most) break;
      this.#changed.delete(row);
      rows.push(row);
    }
    const gone = this.#gone;
    this.#gone = [];
    return { rows, gone };
  }

  /** Forgets all changes: without a viewer there is no page to tell. */
  forgetChanges(): void {
    this.#changed.clear();
    this.#gone = [];
  }

  /** Makes the row of a session. A dead letter makes none: its session may have ended long ago. */
  #open(session: string, line: Line, at: number): Row | undefined {
    const isLife = ['transition', 'started', 'message', 'upstream'].includes(line.type);
    if (!isLife || this.#live.size >= this.#maxRows) return undefined;
    const row = newRow(session, at);
    this.#live.set(session, row);
    return row;
  }

  #end(row: Row, reason: Row['reason'], at: number): void {
    this.#live.delete(row.key);
    this.#unmet?.delete(row.key);
    Object.assign(row, {
      state: 'evicted',
      reason,
      endedAt: at,
      deadline: undefined,
      inFlight: 0,
      waiting: 0,
      questions: 0,
      streams: 0,
    });
    this.#ended.set(row.key, row);
    if (this.#ended.size <= this.#maxEnded) return;
    for (const [oldest, gone] of this.#ended) {
      this.#ended.delete(oldest);
      this.#changed.delete(gone);
      this.#gone.push(oldest);
      return;
    }
  }
}
