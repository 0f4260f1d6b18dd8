import { ANY, type Edge } from './edges.ts';
import type { State } from './statechart.ts';

/** The top-level state that a path is in. */
export function topOf(path: string): string {
  return path.split('.', 1)[0]!;
}

/**
 * The column of each top-level state: as far to the right as the longest way to the state, where
 * ways back do not count.
 */
export function columnsOf(machine: State, edges: readonly Edge[]): Map<string, number> {
  const names = machine.children.map(({ name }) => name);
  if (machine.isParallel) return new Map(names.map((name, i) => [name, i]));
  const next = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  for (const { source, target } of edges) {
    const [from, to] = [topOf(source), topOf(target)];
    if (from !== to && to !== ANY) next.get(from)?.add(to);
  }
  const columns = new Map(names.map((name) => [name, 0]));
  const order = forwardOrder(machine.initial ?? names[0], names, next);
  for (const name of order) {
    for (const to of next.get(name) ?? []) {
      columns.set(to, Math.max(columns.get(to) ?? 0, (columns.get(name) ?? 0) + 1));
    }
  }
  return columns;
}

/** The states in a topological order; ways that close a circle are taken out of `next`. */
function forwardOrder(
  initial: string | undefined,
  names: readonly string[],
  next: Map<string, Set<string>>,
): string[] {
  const done: string[] = [];
  const seen = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    seen.set(name, 'open');
    for (const to of next.get(name) ?? []) {
      if (seen.get(to) === 'open') next.get(name)?.delete(to);
      else if (!seen.has(to)) visit(to);
    }
    seen.set(name, 'done');
    done.push(name);
  };
  for (const name of initial === undefined ? names : [initial, ...names]) {
    if (!seen.has(name)) visit(name);
  }
  return done.toReversed();
}
