import type { SessionView } from '../../directory/view.ts';
import type { Line } from './lines.ts';
import { newRow, refresh, type Row } from './rows.ts';

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
    // A dead letter makes no row: its session may have ended long ago.
    const isLife = ['transition', 'started', 'message', 'upstream'].includes(line.type);
    const row = this.#live.get(session) ?? (isLife ? this.#open(session, at) : undefined);
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
    else if (line.type === 'ended' || line.type === 'kept') {
      row.client = line.client ?? row.client;
      this.#end(row, line.type === 'kept' ? 'kept' : line.reason, at);
    }
    this.#changed.add(row);
  }

  /** Begins a sweep over all sessions. */
  beginSweep(): void {
    this.#unmet = new Set(this.#live.keys());
  }

  meet(view: SessionView): void {
    this.#unmet?.delete(view.key);
    const row = this.#live.get(view.key) ?? this.#open(view.key, view.startedAt);
    if (row !== undefined && refresh(row, view)) this.#changed.add(row);
  }

  /** Ends a sweep. @returns rows of sessions that neither this sweep nor the last has met */
  endSweep(): Row[] {
    const before = this.#missed;
    this.#missed = this.#unmet ?? new Set();
    this.#unmet = null;
    const missedTwice = [...this.#missed].filter((key) => before.has(key));
    return missedTwice.flatMap((key) => this.#live.get(key) ?? []);
  }

  /** Removes a session that went without an event. */
  drop(session: string): void {
    if (this.#live.delete(session)) this.#gone.push(session);
  }

  /**
   * Takes the rows that changed, at most `most` (the others stay for the next call), and the keys
   * of the rows that went.
   */
  takeChanges(most: number): { readonly rows: Row[]; readonly gone: string[] } {
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

  #open(session: string, at: number): Row | undefined {
    if (this.#live.size >= this.#maxRows) return undefined;
    const row = newRow(session, at);
    this.#live.set(session, row);
    return row;
  }

  #end(row: Row, reason: Row['reason'], at: number): void {
    this.#live.delete(row.key);
    this.#unmet?.delete(row.key);
    const none = { deadline: undefined, inFlight: 0, waiting: 0, questions: 0, streams: 0 };
    Object.assign(row, none, { state: 'evicted', reason, endedAt: at });
    this.#ended.set(row.key, row);
    const [oldest] = this.#ended.values();
    if (oldest === undefined || this.#ended.size <= this.#maxEnded) return;
    this.#ended.delete(oldest.key);
    this.#changed.delete(oldest);
    this.#gone.push(oldest.key);
  }
}
