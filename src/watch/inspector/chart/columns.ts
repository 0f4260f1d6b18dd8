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
  for (const name of forwardOrder([machine.initial ?? '', ...names], next)) {
    for (const to of next.get(name)!) {
      columns.set(to, Math.max(columns.get(to)!, columns.get(name)! + 1));
    }
  }
  return columns;
}

/** The states in a topological order; ways that close a circle are taken out of `next`. */
function forwardOrder(names: readonly string[], next: Map<string, Set<string>>): string[] {
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (name: string): void => {
    open.add(name);
    const targets = next.get(name)!;
    for (const to of targets) {
      if (open.has(to)) targets.delete(to);
      else if (!done.has(to)) visit(to);
    }
    open.delete(name);
    done.add(name);
  };
  for (const name of names) if (next.has(name) && !done.has(name)) visit(name);
  return [...done].toReversed();
}
