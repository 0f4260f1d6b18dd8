import type { SessionView } from '../../directory/view.ts';
import type { Line } from './lines.ts';
import { newRow, refresh, type Row } from './rows.ts';

/** What changed since it was last asked. */
export interface Changes {
  readonly rows: readonly Row[];
  readonly gone: readonly string[];
}

/** The list of sessions as it is shown: those that live, and the last that ended. */
export class Table {
  readonly #maxRows: number;
  readonly #maxEnded: number;
  readonly #live = new Map<string, Row>();
  /** Oldest first. */
  readonly #ended = new Map<string, Row>();
  readonly #changed = new Set<Row>();
  #gone: string[] = [];
  /** Keys a sweep has not met yet. */
  #unmet: Set<string> | null = null;
  /** Those the sweep before has not met either. */
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

  /** Where a session stands that has not ended. */
  stateOf(session: string): string | undefined {
    return this.#live.get(session)?.state;
  }

  /** All rows, those that ended last; whoever iterates may take their time. */
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
    // It lives, wherever the sweep is: one that wakes changes its place in the directory.
    this.#unmet?.delete(session);
    if (line.type === 'transition') {
      row.state = line.to;
      // What changed nothing but a flag leaves the last step in sight.
      const isStep = line.from !== line.to || row.last === undefined;
      if (isStep) row.last = { at, from: line.from, to: line.to, event: line.event.type };
    } else if (line.type === 'message') row.seen[line.direction]++;
    else if (line.type === 'started') row.principal = line.principal;
    else if (line.type === 'pinned') row.pinned = line.why;
    else if (line.type === 'ended') this.#end(row, line.reason, at);
    this.#changed.add(row);
  }

  /** A sweep over all sessions begins. */
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

  /** @returns those that neither this sweep nor the one before has met */
  endSweep(): Row[] {
    const before = this.#missed;
    this.#missed = this.#unmet ?? new Set();
    this.#unmet = null;
    return [...this.#missed]
      .filter((key) => before.has(key))
      .map((key) => this.#live.get(key))
      .filter((row) => row !== undefined);
  }

  /** It went without a word. */
  drop(session: string): void {
    if (this.#live.delete(session)) this.#gone.push(session);
  }

  /** The next changes, at most so many rows; the others stay for the next time. */
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

  /** Nobody looks: there is nothing to tell. */
  forgetChanges(): void {
    this.#changed.clear();
    this.#gone = [];
  }

  /** A dead letter makes no row: it may be that of a session that ended long ago. */
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
