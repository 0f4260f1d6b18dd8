import { ActorsError } from '../base/errors.ts';
import type { ModelEdge } from './model.ts';

const MAX_PATHS = 1000;

/**
 * The paths that come to no state twice, each as long as it gets.
 *
 * @param maxLength edges of the longest path
 * @throws ActorsError `bad-option` where they are more than a test can walk
 */
export function simplePaths<Edge extends ModelEdge>(
  initial: string,
  edges: readonly Edge[],
  maxLength: number,
): Edge[][] {
  const paths: Edge[][] = [];
  const visit = (state: string, path: readonly Edge[], seen: ReadonlySet<string>): void => {
    const next = edges.filter(({ from, to }) => from === state && !seen.has(to));
    if (next.length === 0 || path.length >= maxLength) {
      if (paths.push([...path]) <= MAX_PATHS) return;
      const what = `more than ${MAX_PATHS} simple paths: make maxLength less than ${maxLength}`;
      throw new ActorsError('bad-option', what);
    }
    for (const edge of next) visit(edge.to, [...path, edge], new Set([...seen, edge.to]));
  };
  visit(initial, [], new Set([initial]));
  return paths;
}
