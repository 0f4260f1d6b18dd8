import type { IAsyncProperty } from 'fast-check';
import { checkDriver, type Driver } from './driver.ts';
import { walkable } from './leftOut.ts';
import type { ModelEdge } from './model.ts';
import { theFastCheck } from './peers.ts';
import type { Path } from './planPaths.ts';
import { failureText, pathText } from './report.ts';
import { walkPath } from './walkModel.ts';

/** How long the walks of {@link sessionProperty} get. */
export interface PropertyOptions {
  /** Edges of the longest walk. @default 20 */
  readonly maxLength?: number;
}

/** A walk that fast-check makes, shrinks and prints. */
interface Walk<Edge extends ModelEdge> {
  readonly path: Path<Edge>;
  toString(): string;
}

/**
 * Makes a property for `fc.assert`: on any walk through the model, the server does what the model
 * says. A failure is shrunk to a short walk; fast-check prints it with the seed that repeats it.
 *
 * @throws ActorsError `bad-option` where fast-check is not installed, and where the driver lacks an
 * executor or an assertion
 */
export function sessionProperty<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
  { maxLength = 20 }: PropertyOptions = {},
): IAsyncProperty<[Walk<ModelEdge<S, E, X>>]> {
  const fc = theFastCheck();
  checkDriver(driver);
  const { model } = driver;
  const edges = walkable(driver);
  const walks = fc
    .array(fc.nat({ max: 2 ** 16 }), { minLength: 1, maxLength, size: 'max' })
    .map((choices) => {
      const path = pathOf(model.initial, edges, choices);
      return { path, toString: () => pathText(path) };
    });
  return fc.asyncProperty(walks, async ({ path }) => {
    const failure = await walkPath(driver, path);
    if (failure !== undefined) throw new Error(`\n${failureText(failure)}`);
  });
}

/** Makes a walk of choices: each takes one of the edges that leave the state reached so far. */
function pathOf<Edge extends ModelEdge>(
  initial: string,
  edges: readonly Edge[],
  choices: readonly number[],
): Path<Edge> {
  const path: Edge[] = [];
  let state = initial;
  for (const choice of choices) {
    const ways = edges.filter(({ from }) => from === state);
    const edge = ways[choice % ways.length];
    if (edge === undefined) break;
    path.push(edge);
    state = edge.to;
  }
  return path;
}
