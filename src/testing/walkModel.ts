import { coverage, type Coverage } from './coverage.ts';
import { checkDriver, type Driver } from './driver.ts';
import { walkable } from './leftOut.ts';
import { Mismatch } from './mismatch.ts';
import { edgeName, type ModelEdge } from './model.ts';
import { type Path, plan, type PlanOptions } from './planPaths.ts';
import { type Failure, failureText } from './report.ts';

/** What {@link walkModel} found. As text, a report to read. */
export interface WalkReport {
  readonly name: string;
  readonly paths: number;
  readonly failures: readonly Failure[];
  readonly coverage: Coverage;
  toString(): string;
}

/**
 * Walks a model on a real server and reports every edge that fails. An edge that failed is not
 * walked again; edges behind it are, where another path leads to them.
 *
 * @throws ActorsError `bad-option` where the driver lacks an executor or an assertion
 */
export async function walkModel<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
  options: PlanOptions = {},
): Promise<WalkReport> {
  checkDriver(driver);
  const { model, name } = driver;
  const failures: Failure[] = [];
  const walked = new Set<ModelEdge>();
  let edges = walkable(driver);
  let paths = plan(model, edges, options).paths;
  let count = 0;
  while (paths.length > 0) {
    const failed = new Set<ModelEdge | undefined>();
    for (const path of paths) {
      // The path would fail at the same edge again, and hide what comes behind.
      if (path.some((edge) => failed.has(edge))) continue;
      count++;
      const failure = await walkPath(driver, path, (edge) => walked.add(edge));
      if (failure === undefined) continue;
      failures.push(failure);
      failed.add(failure.path.at(-1));
      // Not even the initial state is as it must be: every path would say so.
      if (failed.has(undefined)) break;
    }
    if (failed.size === 0 || failed.has(undefined)) break;
    edges = edges.filter((edge) => !failed.has(edge));
    paths = plan(model, edges, { ...options, cover: 'edges' }, (edge) => !walked.has(edge)).paths;
  }
  const seen = coverage(driver);
  const failed = new Set(failures.map(({ path }) => path.at(-1)));
  const toString = (): string =>
    [
      `${name}: ${count} paths, ${failures.length} edges failed, ${seen.summary}`,
      ...seen.missed
        .filter((edge) => !failed.has(edge))
        .map((edge) => `missed    ${edgeName(edge)}`),
      ...failures.map((failure) => `\n${failureText(failure)}`),
    ].join('\n');
  return { name, paths: count, failures, coverage: seen, toString };
}

/** Walks one path, from a client that has said nothing. @returns the failure, where there is one */
export async function walkPath<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
  path: Path<ModelEdge<S, E, X>>,
  onWalked: (edge: ModelEdge<S, E, X>) => void = () => {},
): Promise<Failure | undefined> {
  const { model, events, expectations, states } = driver;
  const seen = coverage(driver);
  const run = await driver.begin();
  let length = 0;
  try {
    await states[model.initial](run);
    seen.visited(model.initial);
    for (const edge of path) {
      length++;
      await events[edge.event](run, edge);
      await expectations[edge.expects](run);
      await states[edge.to](run);
      seen.walked(edge);
      onWalked(edge);
    }
    return undefined;
  } catch (error) {
    return failureOf(path.slice(0, length), error);
  } finally {
    await driver.end(run);
  }
}

function failureOf(path: Path, error: unknown): Failure {
  if (error instanceof Mismatch) return { path, expected: error.expected, seen: error.seen };
  const last = path.at(-1);
  return {
    path,
    expected: last === undefined ? 'a beginning' : `${last.event} to be done: ${last.expects}`,
    seen: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  };
}
