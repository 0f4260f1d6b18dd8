import { topOf } from './columns.ts';
import { ANY, type Edge } from './edges.ts';
import { labelStart, SIZE, widthOf } from './sizes.ts';
import { flatten, type State } from './statechart.ts';

/**
 * How a line goes: `straight` to a neighbour in its stack, `round` beside its stack, or from column
 * to column, `forward` or `back`.
 */
type Kind = 'straight' | 'round' | 'forward' | 'back';

export type Side = 'left' | 'right';

/** One end of a line at a side of a state; a straight line, which needs no side, has none. */
export interface End {
  readonly path: string;
  readonly side: Side;
  /** The place at the side: one for each line out, one for all lines in of a kind. */
  readonly port: string;
  /** The gutter at that side, and the track in it that the line takes. */
  readonly gutter: number;
  readonly track: string;
}

export interface Way {
  readonly edge: Edge;
  readonly kind: Kind;
  /** The state a round way stays within; `undefined` in the gutter of its column. */
  readonly within: string | undefined;
  /** How many columns lie between the ends: 1 for neighbours. */
  readonly span: number;
  readonly exit: End;
  readonly entry: End;
}

/** How every line of a chart goes, before any box has a place. */
export class Ways {
  readonly all: readonly Way[];
  /** The top-level states of each column, in the order of the definition. */
  readonly columns: readonly (readonly State[])[];
  readonly #stacks = new Map<string, readonly string[]>();

  /** @param any stands for "any state" in the first column, where the machine has transitions */
  constructor(machine: State, edges: readonly Edge[], columnOf: Map<string, number>, any?: State) {
    const columns: State[][] = any === undefined ? [] : [[any]];
    for (const child of machine.children) {
      (columns[columnOf.get(child.name) ?? 0] ??= []).push(child);
    }
    this.columns = Array.from(columns, (column) => column ?? []);
    const inner = machine.children.flatMap(flatten).map(({ children }) => children);
    for (const stack of [...this.columns, ...inner]) {
      const paths = stack.map(({ path }) => path);
      for (const path of paths) this.#stacks.set(path, paths);
    }
    const columnAt = (path: string): number => columnOf.get(topOf(path)) ?? 0;
    this.all = edges
      .filter(({ target }) => target !== ANY)
      .map((edge) => this.#wayOf(edge, columnAt(edge.source), columnAt(edge.target)));
  }

  /** How many places for lines the fuller side of a state needs. */
  ports(path: string): number {
    return Math.max(this.portsAt(path, 'left').size, this.portsAt(path, 'right').size);
  }

  /** The places at a side of a state; for each, the ways there and their other ends. */
  portsAt(path: string, side: Side): Map<string, { readonly way: Way; readonly other: End }[]> {
    const ports = new Map<string, { way: Way; other: End }[]>();
    for (const way of this.all) {
      if (way.kind === 'straight') continue;
      const { exit, entry } = way;
      for (const [end, other] of [[exit, entry] as const, [entry, exit] as const]) {
        if (end.path !== path || end.side !== side) continue;
        ports.set(end.port, [...(ports.get(end.port) ?? []), { way, other }]);
      }
    }
    return ports;
  }

  /** Lines straight down or up between two neighbours of a stack. */
  between(upper: string, lower: string): Edge[] {
    const straight = this.all.filter(({ kind }) => kind === 'straight').map(({ edge }) => edge);
    return straight.filter(({ source, target }) =>
      source === upper ? target === lower : source === lower && target === upper,
    );
  }

  /** Width of the labels between two neighbours, from the left border of both. */
  labels(upper: string, lower: string): number {
    const lines = this.between(upper, lower);
    return lines.length === 0 ? 0 : labelStart(lines.length) + widestLabel(lines);
  }

  /** Width for lines that go round the children of a state. */
  lane(path: string): number {
    const round = this.all.filter(({ within }) => within === path).map(({ edge }) => edge);
    if (round.length === 0) return 0;
    const tracks = new Set(round.map(({ target }) => target)).size;
    return widestLabel(round) + 8 + tracks * SIZE.track;
  }

  #wayOf(edge: Edge, from: number, to: number): Way {
    const { source, target } = edge;
    const kind = from < to ? 'forward' : from > to ? 'back' : this.#nearby(edge);
    const within = kind === 'round' ? commonOf(edge) : undefined;
    const span = Math.abs(from - to);
    const track = `${kind} ${target}`;
    const exit: End = {
      path: source,
      side: kind === 'back' ? 'left' : 'right',
      port: `out ${target}`,
      gutter: kind === 'back' ? from - 1 : from,
      track: span > 1 ? `lane ${track}` : track,
    };
    const entry: End = {
      path: target,
      side: kind === 'forward' ? 'left' : 'right',
      port: `in ${kind} ${within ?? ''}`,
      gutter: kind === 'forward' ? to - 1 : to,
      track,
    };
    return { edge, kind, within, span, exit, entry };
  }

  #nearby({ source, target }: Edge): Kind {
    const stack = this.#stacks.get(source) ?? [];
    const [from, to] = [stack.indexOf(source), stack.indexOf(target)];
    return to >= 0 && Math.abs(from - to) === 1 ? 'straight' : 'round';
  }
}

function widestLabel(edges: readonly Edge[]): number {
  return Math.max(...edges.map(({ label }) => widthOf(label, SIZE.label)));
}

/** The innermost state around both ends of a line; `undefined` is the machine. */
function commonOf({ source, target }: Edge): string | undefined {
  const [a, b] = [source.split('.'), target.split('.')];
  const fork = a.findIndex((name, i) => name !== b[i]);
  // A line from a state to itself goes round outside the state.
  const end = source === target ? -1 : fork < 0 ? a.length : fork;
  return a.slice(0, end).join('.') || undefined;
}
