/** A line of a chart, as read from the attributes of its element. */
export interface ChartEdge {
  readonly source: string;
  readonly target: string;
  readonly events: readonly string[];
}

/** A step that a machine has taken: the event, and the states before and after. */
export interface Taken {
  readonly event: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** The lines of a chart that a step went along. */
export function edgesTaken<E extends ChartEdge>(edges: readonly E[], taken: Taken): E[] {
  const { event, from, to } = taken;
  const hears = (edge: E): boolean => edge.events.includes(event) || edge.events.includes('*');
  const leaves = (edge: E): boolean => from.some((path) => isWithin(path, edge.source));
  const reaches = (edge: E): boolean => to.some((path) => isWithin(path, edge.target));
  const known = edges.filter((edge) => hears(edge) && leaves(edge));
  // The innermost state that has a transition for an event is the one that took it.
  const depth = Math.max(...known.map(({ source }) => source.length));
  const inner = known.filter(({ source }) => source.length === depth);
  const found = inner.filter(reaches);
  if (found.length > 0) return found;
  const onwards = (edge: E): E[] =>
    edges.filter((next) => next.source === edge.target && next.events.includes('always'));
  // A state with `always` is left at once: the step went along the line that leads on as well.
  const through = inner.filter((edge) => onwards(edge).some(reaches));
  return through.flatMap((edge) => [edge, ...onwards(edge).filter(reaches)]);
}

/** Whether a path is within a state: `idle.warm` is within `idle`, and both within the machine. */
export function isWithin(path: string, state: string): boolean {
  return state === '' || path === state || path.startsWith(`${state}.`);
}
