import { topOf } from './columns.ts';
import { ANY, type Edge } from './edges.ts';
import { labelStart, type Needs, SIZE, widthOf } from './boxes.ts';
import { flatten, type State } from './statechart.ts';

/**
 * How a line goes: `straight` to a neighbour in its stack, `round` beside its stack, or from column
 * to column, `forward` or `back`.
 */
type Kind = 'straight' | 'round' | 'forward' | 'back';

export interface Way {
  readonly edge: Edge;
  readonly kind: Kind;
  /** The state a round way stays within; `undefined` in the gutter of its column. */
  readonly within: string | undefined;
  readonly from: number;
  readonly to: number;
}

/** How every line of a chart goes, before any box has a place. */
export class Ways {
  readonly all: readonly Way[];
  /** The top-level states of each column, in the order of the definition. */
  readonly columns: readonly (readonly State[])[];
  readonly #stacks = new Map<string, readonly string[]>();

  constructor(machine: State, edges: readonly Edge[], columnOf: Map<string, number>, any?: State) {
    const columns: State[][] = [];
    const place = (state: State, column: number): void => void (columns[column] ??= []).push(state);
    if (any !== undefined) place(any, 0);
    for (const child of machine.children) place(child, columnOf.get(child.name) ?? 0);
    this.columns = Array.from(columns, (column) => column ?? []);
    for (const stack of [
      ...this.columns,
      ...flatten(machine)
        .slice(1)
        .map(({ children }) => children),
    ]) {
      const paths = stack.map(({ path }) => path);
      for (const path of paths) this.#stacks.set(path, paths);
    }
    const columnAt = (path: string): number =>
      path === ANY ? 0 : (columnOf.get(topOf(path)) ?? 0);
    this.all = edges
      .filter(({ target }) => target !== ANY)
      .map((edge) => {
        const [from, to] = [columnAt(edge.source), columnAt(edge.target)];
        const kind = from < to ? 'forward' : from > to ? 'back' : this.#nearby(edge);
        return { edge, kind, from, to, within: kind === 'round' ? commonOf(edge) : undefined };
      });
  }

  get needs(): Needs {
    return {
      ports: (path) =>
        Math.max(this.#portsOf(path, 'left').size, this.#portsOf(path, 'right').size),
      between: (upper, lower) => this.between(upper, lower).length,
      labels: (upper, lower) => {
        const lines = this.between(upper, lower);
        if (lines.length === 0) return 0;
        const widths = lines.map(({ edge }) => widthOf(edge.label, SIZE.label));
        return labelStart(lines.length) + Math.max(...widths);
      },
      lane: (path) => {
        const round = this.all.filter(({ kind, within }) => kind === 'round' && within === path);
        if (round.length === 0) return 0;
        const tracks = new Set(round.map(({ edge }) => edge.target)).size;
        const widest = Math.max(...round.map(({ edge }) => widthOf(edge.label, SIZE.label)));
        return widest + 8 + tracks * SIZE.track;
      },
    };
  }

  /** Lines between two neighbours of a stack. */
  between(upper: string, lower: string): Way[] {
    return this.all.filter(({ kind, edge: { source, target } }) => {
      if (kind !== 'straight') return false;
      return (source === upper && target === lower) || (source === lower && target === upper);
    });
  }

  /** Names of the places a state's side needs: one a line out, one for all lines in of a kind. */
  #portsOf(path: string, side: 'left' | 'right'): Set<string> {
    const ports = new Set<string>();
    for (const way of this.all) {
      const { edge } = way;
      if (edge.source === path && exitOf(way) === side) ports.add(outPort(way));
      if (edge.target === path && entryOf(way) === side) ports.add(inPort(way));
    }
    return ports;
  }

  #nearby({ source, target }: Edge): Kind {
    const stack = this.#stacks.get(source) ?? [];
    const [from, to] = [stack.indexOf(source), stack.indexOf(target)];
    return to >= 0 && Math.abs(from - to) === 1 ? 'straight' : 'round';
  }
}

export function exitOf({ kind }: Way): 'left' | 'right' | undefined {
  if (kind === 'straight') return undefined;
  return kind === 'back' ? 'left' : 'right';
}

export function entryOf({ kind }: Way): 'left' | 'right' | undefined {
  if (kind === 'straight') return undefined;
  return kind === 'forward' ? 'left' : 'right';
}

export function outPort({ edge }: Way): string {
  return `out ${edge.target}`;
}

export function inPort({ kind, within }: Way): string {
  return `in ${kind} ${within ?? ''}`;
}

/** The innermost state around both ends of a line; `undefined` is the machine. */
function commonOf({ source, target }: Edge): string | undefined {
  const [a, b] = [source.split('.'), target.split('.')];
  const same: string[] = [];
  while (same.length < a.length && same.length < b.length && a[same.length] === b[same.length]) {
    same.push(a[same.length] ?? '');
  }
  // A line from a state to itself goes round outside the state.
  if (same.length === a.length && same.length === b.length) same.pop();
  return same.length === 0 ? undefined : same.join('.');
}
