import type { NodeView } from '../../../directory/ownership.ts';
import type { CallRow } from '../calls.ts';
import type { Detail } from '../detail.ts';
import type { HandleRow } from '../handles.ts';
import type { Line, Numbered } from '../lines.ts';
import type { Listed } from '../listing.ts';
import type { MachineState } from '../machines.ts';
import type { Row } from '../rows.ts';
import type { ActorCharts } from './actorCharts.ts';
import { actorsIn, lastOf } from './actorsIn.ts';
import type { Overview, Letter, Scene, SceneActor } from './scene.ts';

/** One line of the feed. */
export interface FeedLine extends Partial<Pick<Overview, 'stats' | 'limits'>> {
  readonly type: 'hello' | 'batch' | 'ready';
  readonly at: number;
  readonly rows?: readonly Row[];
  readonly gone?: readonly string[];
  readonly letters?: readonly (Letter & { readonly n: number })[];
  readonly machines?: readonly MachineState[];
  readonly calls?: Listed<CallRow>;
  readonly handles?: Listed<HandleRow>;
  readonly nodes?: readonly NodeView[];
  readonly supervisor?: Pick<Overview, 'state' | 'last'>;
}

interface Selected {
  readonly key: string | undefined;
  readonly detail: Detail | undefined;
  readonly lines: readonly Numbered[];
}

/** How long the server's time is guessed from the last line of the feed. */
const MAX_GUESS_MS = 4000;
const MAX_LETTERS = 500;
const MAX_LINES = 400;

/** Keeps what the page knows of a running runtime. */
export class Store implements Scene {
  readonly #rows = new Map<string, Row>();
  /** Keys of the sessions heard of since this connection began; `null` once all have been told. */
  #heard: Set<string> | null = null;
  #list: readonly Row[] | null = null;
  /** Dead letters, numbered by the server. */
  letters: NonNullable<FeedLine['letters']> = [];
  overview: Overview = { state: 'accepting', last: undefined, stats: undefined, limits: {} };
  machines: readonly MachineState[] = [];
  calls: Listed<CallRow> | undefined;
  handles: Listed<HandleRow> | undefined;
  nodes: readonly NodeView[] | undefined;
  /** The session whose details the page shows: another object whenever that changes. */
  selected: Selected = { key: undefined, detail: undefined, lines: [] };
  readonly #charts: ActorCharts;
  #clock = { at: 0, heard: 0, isStopped: false };

  constructor(charts: ActorCharts) {
    this.#charts = charts;
  }

  take(line: FeedLine): void {
    this.#clock = { at: line.at, heard: performance.now(), isStopped: false };
    if (line.type === 'hello') this.#begin();
    if (line.type === 'ready') this.#settle();
    for (const row of line.rows ?? []) {
      this.#rows.set(row.key, row);
      this.#heard?.add(row.key);
    }
    for (const key of line.gone ?? []) this.#rows.delete(key);
    if ((line.rows?.length ?? 0) + (line.gone?.length ?? 0) > 0) this.#list = null;
    const last = this.letters.at(-1)?.n ?? 0;
    const fresh = line.letters?.filter(({ n }) => n > last) ?? [];
    if (fresh.length > 0) this.letters = [...this.letters, ...fresh].slice(-MAX_LETTERS);
    for (const machine of line.machines ?? []) {
      this.machines = [...this.machines.filter(({ name }) => name !== machine.name), machine];
    }
    this.calls = line.calls ?? this.calls;
    this.handles = line.handles ?? this.handles;
    this.nodes = line.nodes ?? this.nodes;
    const { supervisor, stats, limits } = line;
    this.overview = {
      ...this.overview,
      ...(supervisor && { state: supervisor.state, last: supervisor.last }),
      ...(stats && { stats }),
      ...(limits && { limits }),
    };
  }

  /** Stops the shown time as well, so that the page stands still. */
  stop(): void {
    this.#clock = { at: this.now(), heard: 0, isStopped: true };
  }

  /** Chooses the session whose details the page shows. */
  select(key: string): void {
    if (key !== this.selected.key) this.selected = { key, detail: undefined, lines: [] };
  }

  takeDetail(detail: Detail): void {
    const { key, lines } = this.selected;
    this.selected = { key, detail, lines: [...lines, ...detail.lines].slice(-MAX_LINES) };
  }

  now(): number {
    const { at, heard, isStopped } = this.#clock;
    return isStopped ? at : at + Math.min(performance.now() - heard, MAX_GUESS_MS);
  }

  rows(): readonly Row[] {
    this.#list ??= [...this.#rows.values()];
    return this.#list;
  }

  row(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  lines(key: string): readonly Line[] {
    return this.selected.key === key ? this.selected.lines.map(({ line }) => line) : [];
  }

  actors(key: string): readonly SceneActor[] {
    const lines = this.lines(key);
    const rows = this.detail(key)?.actors ?? [];
    // A session that sleeps has no actors: what is known of them is what they did last.
    if (rows.length === 0) return actorsIn(lines, ({ actor }) => this.#charts.of(actor));
    return rows.map(({ actor, states, chart, context }) => ({
      actor,
      states,
      svg: chart === undefined ? undefined : this.#charts.of(actor, chart),
      last: lastOf(lines, actor),
      ...(context !== undefined && { context }),
    }));
  }

  detail(key: string): Detail | undefined {
    return this.selected.key === key ? this.selected.detail : undefined;
  }

  /** Begins a new connection, maybe to a new process: numbers begin again, sessions may be gone. */
  #begin(): void {
    this.#heard = new Set();
    this.letters = [];
    this.#charts.forget();
    this.calls = undefined;
    this.handles = undefined;
    this.nodes = undefined;
    this.selected = { key: this.selected.key, detail: undefined, lines: [] };
  }

  #settle(): void {
    for (const key of this.#rows.keys()) {
      if (this.#heard?.has(key) === false) this.#rows.delete(key);
    }
    this.#heard = null;
    this.#list = null;
  }
}
