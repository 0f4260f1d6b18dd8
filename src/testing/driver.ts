import { ActorsError } from '../base/errors.ts';
import type { Model, ModelEdge } from './model.ts';
import { planPaths } from './planPaths.ts';

type Check<R> = (run: R) => void | Promise<void>;

/**
 * Walks a model on a real server: an executor does each event, and an assertion checks each
 * expectation and each state. Where one is missing, the walk fails before it begins.
 *
 * `R` is one run: what a path holds, from a client that has said nothing to its end.
 */
export interface Driver<S extends string, E extends string, X extends string, R> {
  /** The server's name, for reports. */
  readonly name: string;
  readonly model: Model<S, E, X>;
  /** What edges may need and the server lacks, and why. Such edges are left out and reported. */
  readonly without: Readonly<Record<string, string>>;
  readonly begin: () => R | Promise<R>;
  /** Releases everything that a run holds, on every end of the run. */
  readonly end: (run: R) => void | Promise<void>;
  /** Does an event. Waits for what the client sees of it, or notes that for the assertions. */
  readonly events: Readonly<Record<E, (run: R, edge: ModelEdge) => void | Promise<void>>>;
  /** Throws a {@link Mismatch} where the client has not seen what the edge expects. */
  readonly expectations: Readonly<Record<X, Check<R>>>;
  /** Throws a {@link Mismatch} where a state can not be as it is. Must not leave the state. */
  readonly states: Readonly<Record<S, Check<R>>>;
}

/**
 * Checks that a driver has an executor or an assertion for whatever its model names, also for what
 * is left out: a gap is a mistake in the driver, and would look like a pass.
 *
 * @throws ActorsError `bad-option`, naming all that is missing; where the model contradicts itself
 */
export function checkDriver<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
): void {
  const { model, without } = driver;
  // Throws where the model contradicts itself, or no path leads to a part of it.
  planPaths(model);
  const { edges, states } = model;
  const missing: string[] = [];
  const parts: [kind: string, names: string[], has: object][] = [
    ['executor for event', edges.map(({ event }) => event), driver.events],
    ['assertion for expectation', edges.map(({ expects }) => expects), driver.expectations],
    ['assertion for state', states.map(({ name }) => name), driver.states],
  ];
  for (const [kind, names, has] of parts) {
    for (const name of new Set(names)) {
      const part: unknown = Object.hasOwn(has, name) ? has[name as keyof typeof has] : undefined;
      if (typeof part !== 'function') missing.push(`${kind} ${name}`);
    }
  }
  const known = new Set(edges.flatMap(({ needs }) => needs));
  for (const [name, reason] of Object.entries(without)) {
    if (!known.has(name)) missing.push(`edge that needs ${name}`);
    if (!reason) missing.push(`reason why ${name} is left out`);
  }
  if (missing.length === 0) return;
  throw new ActorsError('bad-option', `${driver.name}: no ${missing.join(', no ')}`);
}
