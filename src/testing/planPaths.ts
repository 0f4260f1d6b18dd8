import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { ActorsError } from '../base/errors.ts';
import { checkModel, edgeName, type Model, type ModelEdge } from './model.ts';
import { simplePaths } from './simplePaths.ts';

/** Edges to walk one after the other, the first from the initial state. */
export type Path<E extends ModelEdge = ModelEdge> = readonly E[];

/** What the paths of a plan cover together. */
export type Cover =
  /** each edge once */
  | 'edges'
  /** each state once */
  | 'states'
  /** each way through a state: every edge into it followed by every edge out of it */
  | 'edge-pairs'
  /** each path that comes to no state twice; edges that lead back are not walked */
  | 'simple-paths';

/** What a plan of paths covers, and how long its paths get. */
export interface PlanOptions {
  /** What the paths cover together. @default 'edges' */
  readonly cover?: Cover;
  /**
   * Edges after which a path is not made longer to cover more on its way; of a simple path, the most.
   * @default 12
   */
  readonly maxLength?: number;
}

/** What {@link PlanOptions} knows. */
const NAMES: NamesOf<PlanOptions> = { cover: true, maxLength: true };

/**
 * Plans paths that together cover everything asked for, each from the initial state. The same model
 * gives the same paths.
 *
 * @throws ActorsError `bad-option` where a part can not be reached, or the model contradicts itself
 */
export function planPaths<S extends string, E extends string, X extends string>(
  model: Model<S, E, X>,
  options: PlanOptions = {},
): Path<ModelEdge<S, E, X>>[] {
  const { paths, unreachable } = plan(model, model.edges, options);
  if (unreachable.length > 0) {
    const names = unreachable.map(nameOf).join(', ');
    throw new ActorsError('bad-option', `model ${model.name}: no way to ${names}`);
  }
  return paths;
}

/** Something to cover: edges to walk in a row or, where there are none, a state to be in. */
export interface Target<Edge extends ModelEdge> {
  readonly state: string;
  readonly edges: readonly Edge[];
}

export interface Plan<Edge extends ModelEdge> {
  readonly paths: Path<Edge>[];
  readonly unreachable: Target<Edge>[];
}

/**
 * Plans paths over some of a model's edges, to cover a wanted part of them.
 *
 * @param wanted the edges to cover; others are walked on the way
 */
export function plan<S extends string, E extends string, X extends string>(
  model: Model<S, E, X>,
  edges: readonly ModelEdge<S, E, X>[],
  options: PlanOptions = {},
  wanted: (edge: ModelEdge<S, E, X>) => boolean = () => true,
): Plan<ModelEdge<S, E, X>> {
  type Edge = ModelEdge<S, E, X>;
  checkNames('a plan', options, NAMES);
  const { cover = 'edges', maxLength = 12 } = options;
  checkModel(model);
  const ways = shortestWays(model.initial, edges);
  const left = targets(model, edges, cover, wanted);
  const unreachable = left.filter(({ state }) => !ways.has(state));
  if (cover === 'simple-paths') {
    return { paths: simplePaths(model.initial, edges, maxLength), unreachable };
  }
  const wayTo = ({ state }: Target<Edge>): readonly Edge[] => ways.get(state) ?? [];
  // Far states are covered first, because near ones lie on the way; near edges first, because edges
  // are better walked from near the initial state.
  const order = cover === 'states' ? -1 : 1;
  const reachable = left.filter(({ state }) => ways.has(state));
  const open = new Set(reachable.toSorted((a, b) => order * (wayTo(a).length - wayTo(b).length)));
  const paths: Path<Edge>[] = [];
  for (const target of open) {
    const path = [...wayTo(target), ...target.edges];
    strike(open, model.initial, path);
    while (path.length < maxLength) {
      const more = next(open, path);
      if (more === undefined) break;
      path.push(more);
      strike(open, model.initial, path);
    }
    paths.push(path);
  }
  return { paths, unreachable };
}

function targets<Edge extends ModelEdge>(
  model: Model,
  edges: readonly Edge[],
  cover: Cover,
  wanted: (edge: Edge) => boolean,
): Target<Edge>[] {
  if (cover === 'states' || cover === 'simple-paths') {
    const names = new Set([model.initial, ...edges.filter(wanted).map(({ to }) => to)]);
    // All states of the model, so that a state which no edge leads to is reported.
    const states = edges === model.edges ? model.states.map(({ name }) => name) : [...names];
    return states.map((state) => ({ state, edges: [] }));
  }
  const single = edges.filter(wanted).map((edge) => ({ state: edge.from, edges: [edge] }));
  if (cover === 'edges') return single;
  return single.flatMap((target) => {
    const before = edges.filter(({ to }) => to === target.state);
    // An edge out of the initial state may have no edge before it.
    if (before.length === 0) return [target];
    return before.map((edge) => ({ state: edge.from, edges: [edge, ...target.edges] }));
  });
}

/** Finds the first open target that goes on where a path ends; one that stays there comes first. */
function next<Edge extends ModelEdge>(
  open: ReadonlySet<Target<Edge>>,
  path: Path<Edge>,
): Edge | undefined {
  const last = path.at(-1);
  let found: Edge | undefined;
  for (const { edges } of open) {
    const edge = edges.at(-1);
    if (edge === undefined || edge.from !== last?.to) continue;
    if (edges.length === 2 && edges[0] !== last) continue;
    if (edge.from === edge.to) return edge;
    found ??= edge;
  }
  return found;
}

/** Strikes out the targets that a path covers. */
function strike<Edge extends ModelEdge>(
  open: Set<Target<Edge>>,
  initial: string,
  path: Path<Edge>,
): void {
  for (const target of open) {
    const { state, edges } = target;
    const isCovered =
      edges.length === 0
        ? state === initial || path.some(({ to }) => to === state)
        : path.some((_, i) => edges.every((edge, k) => path[i + k] === edge));
    if (isCovered) open.delete(target);
  }
}

/** The shortest way to each state that edges lead to. */
export function shortestWays<Edge extends ModelEdge>(
  initial: string,
  edges: readonly Edge[],
): Map<string, readonly Edge[]> {
  const ways = new Map<string, readonly Edge[]>([[initial, []]]);
  // A Map also iterates over entries that are set meanwhile: breadth first.
  for (const [state, way] of ways) {
    for (const edge of edges) {
      if (edge.from === state && !ways.has(edge.to)) ways.set(edge.to, [...way, edge]);
    }
  }
  return ways;
}

function nameOf({ state, edges }: Target<ModelEdge>): string {
  return edges.length === 0 ? state : edges.map(edgeName).join(', ');
}
