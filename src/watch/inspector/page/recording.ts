import { drawState } from '../chart/draw.ts';
import { readDefinition } from '../chart/readDefinition.ts';
import type { Line, LineOf } from '../lines.ts';
import type { Row } from '../rows.ts';
import { Table } from '../table.ts';
import type { ActorCharts } from './actorCharts.ts';
import { actorsIn } from './actorsIn.ts';
import type { Overview, Letter, Scene, SceneActor } from './scene.ts';

const MAX_LINES = 500_000;
const MAX_SHOWN = 400;
/** Longest chart that is drawn, as JSON: twice as much as a recorder writes. */
const MAX_CHART = 64 * 1024;
const ALL = Number.MAX_SAFE_INTEGER;
const NO_CHARTS = { of: () => undefined };
const BEGINNING: Overview = { state: 'accepting', last: undefined, stats: undefined, limits: {} };

/** Thrown for a recording that can not be opened; the message is shown to the page's user. */
export class BadRecording extends Error {}

/** Shows a recording as the sessions were at one moment of it. */
export class Recording implements Scene {
  readonly name: string;
  readonly all: readonly Line[];
  /** How many lines have happened at the shown moment. */
  position = 0;
  #table = new Table(ALL, ALL);
  letters: Letter[] = [];
  /** Without counts and limits, which a recording has not. */
  overview: Overview = BEGINNING;
  readonly machines = [];
  #bySession = new Map<string, Line[]>();
  #list: readonly Row[] | null = null;
  readonly #charts: Pick<ActorCharts, 'of'>;
  /** The charts of the recording itself, by their numbers. */
  readonly #own = new Map<number, LineOf<'chart'>>();
  readonly #drawn = new Map<number, string | undefined>();

  /**
   * @param charts that are known here, for actors of which the recording has none
   * @throws BadRecording
   */
  constructor(name: string, text: string, charts: Pick<ActorCharts, 'of'> = NO_CHARTS) {
    this.name = name;
    this.#charts = charts;
    this.all = linesOf(text);
    for (const line of this.all) if (line.type === 'chart') this.#own.set(line.chart, line);
    this.seek(this.all.length);
  }

  /** Goes to the moment after this many lines. */
  seek(position: number): void {
    const to = Math.min(Math.max(position, 0), this.all.length);
    if (to < this.position) this.#restart();
    for (const line of this.all.slice(this.position, to)) this.#note(line);
    this.position = to;
    this.#list = null;
  }

  now(): number {
    return this.all[Math.max(this.position - 1, 0)]?.at ?? 0;
  }

  rows(): readonly Row[] {
    return (this.#list ??= [...this.#table.rows()]);
  }

  row(key: string): Row | undefined {
    return this.rows().find((row) => row.key === key);
  }

  lines(key: string): readonly Line[] {
    return this.#bySession.get(key)?.slice(-MAX_SHOWN) ?? [];
  }

  actors(key: string): readonly SceneActor[] {
    return actorsIn(this.#bySession.get(key) ?? [], (step) => this.#chartOf(step));
  }

  #chartOf({ actor, chart }: LineOf<'actor'>): string | undefined {
    const own = chart === undefined ? undefined : this.#own.get(chart);
    if (own === undefined) return this.#charts.of(actor);
    if (!this.#drawn.has(own.chart)) this.#drawn.set(own.chart, drawn(own));
    return this.#drawn.get(own.chart);
  }

  #restart(): void {
    this.position = 0;
    this.#table = new Table(ALL, ALL);
    this.letters = [];
    this.#bySession = new Map();
    this.overview = BEGINNING;
  }

  #note(line: Line): void {
    this.#table.note(line);
    if (line.type === 'deadletter') this.letters.push(line);
    if (line.type === 'supervisor') this.overview = { ...BEGINNING, state: line.to, last: line };
    const { session } = line as { session?: string };
    if (session === undefined) return;
    const lines = this.#bySession.get(session);
    if (lines === undefined) this.#bySession.set(session, [line]);
    else lines.push(line);
  }
}

/** Draws a chart of a recording, as text: nothing of the file becomes markup. */
function drawn({ definition }: LineOf<'chart'>): string | undefined {
  try {
    if (JSON.stringify(definition).length > MAX_CHART) return undefined;
    return drawState(readDefinition(definition));
  } catch {
    return undefined;
  }
}

/** Reads a recording's lines; a line without a type that has `from` and `to` is a transition. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const [i, each] of text.split('\n').entries()) {
    if (each.trim() === '') continue;
    if (lines.length === MAX_LINES) throw new BadRecording(`It has more than ${MAX_LINES} lines.`);
    const line = lineOf(each);
    if (line === undefined) throw new BadRecording(`Line ${i + 1} is not one of a recording.`);
    if (line !== 'unknown') lines.push(line);
  }
  return lines.toSorted((a, b) => a.at - b.at);
}

/** Members that each type of line must have besides its time. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['started', ['session', 'principal']],
  ['transition', ['session', 'event', 'from', 'to']],
  ['actor', ['session', 'actor', 'event', 'from', 'to']],
  ['chart', ['machine']],
  ['message', ['session', 'direction', 'kind']],
  ['upstream', ['session', 'direction', 'kind']],
  ['deadletter', ['session', 'direction', 'kind', 'reason']],
  ['slept', ['session']],
  ['woken', ['session', 'cause']],
  ['pinned', ['session', 'why']],
  ['crashed', ['session']],
  ['limit', ['limit']],
  ['orphan', ['session', 'what']],
  ['question', ['session', 'method']],
  ['store', ['doing']],
  ['ended', ['session', 'reason']],
  ['kept', ['session']],
  ['supervisor', ['from', 'to', 'event']],
]);

function lineOf(text: string): Line | 'unknown' | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const line = { ...('from' in value && 'to' in value && { type: 'transition' }), ...value } as {
    type?: unknown;
    at?: unknown;
  };
  if (typeof line.type !== 'string') return 'unknown';
  const fields = FIELDS.get(line.type);
  // Lines of a later version, or of another program, are no reason to show nothing.
  if (fields === undefined) return 'unknown';
  if (typeof line.at !== 'number' || !Number.isFinite(line.at)) return undefined;
  if (fields.some((name) => !isFilled((line as Record<string, unknown>)[name]))) return undefined;
  return line as Line;
}

/** Whether a member has a value: a name, or the event of a transition. */
function isFilled(value: unknown): boolean {
  if (typeof value === 'string') return true;
  const { type } = (value ?? {}) as { type?: unknown };
  return typeof type === 'string';
}
