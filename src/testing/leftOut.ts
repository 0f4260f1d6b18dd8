import type { Driver } from './driver.ts';
import type { ModelEdge } from './model.ts';
import { shortestWays } from './planPaths.ts';

/**
 * Finds the edges of a model that are not to be walked with a driver, and why: edges that need what
 * the server lacks, and edges that lie behind those.
 */
export function leftOut<S extends string, E extends string, X extends string, R>({
  model,
  without,
}: Driver<S, E, X, R>): ReadonlyMap<ModelEdge, string> {
  const reasons = new Map<ModelEdge, string>();
  for (const edge of model.edges) {
    const need = edge.needs.find((each) => Object.hasOwn(without, each) && without[each]);
    if (need !== undefined) reasons.set(edge, `${need}: ${without[need]}`);
  }
  const allowed = model.edges.filter((edge) => !reasons.has(edge));
  const reached = shortestWays(model.initial, allowed);
  for (let before = -1; before < reasons.size;) {
    before = reasons.size;
    for (const edge of model.edges) {
      if (reached.has(edge.from) || reasons.has(edge)) continue;
      const cause = model.edges.find((each) => each.to === edge.from && reasons.has(each));
      const reason = cause === undefined ? undefined : reasons.get(cause);
      if (reason !== undefined) reasons.set(edge, reason);
    }
  }
  return reasons;
}

/** Lists the edges that are to be walked with a driver. */
export function walkable<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
): ModelEdge<S, E, X>[] {
  const reasons = leftOut(driver);
  return driver.model.edges.filter((edge) => !reasons.has(edge));
}
