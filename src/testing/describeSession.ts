import { coverage } from './coverage.ts';
import { checkDriver, type Driver } from './driver.ts';
import { walkable } from './leftOut.ts';
import { theVitest } from './peers.ts';
import { type Path, plan, type PlanOptions } from './planPaths.ts';
import { failureText } from './report.ts';
import { walkPath } from './walkModel.ts';

/**
 * Registers tests with vitest: one for each path of the plan, and one that names what is left out
 * and why, and fails where anything was not walked.
 *
 * @throws ActorsError `bad-option` outside of vitest, and where the driver lacks an executor or an
 * assertion
 */
export function describeSession<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
  options: PlanOptions = {},
): void {
  const { describe, expect, it } = theVitest();
  checkDriver(driver);
  const { model, name } = driver;
  const edges = walkable(driver);
  const { paths } = plan(model, edges, options);
  describe(`${name}: ${model.name}`, () => {
    it.each(paths.map((path, i) => [titleOf(path, i), path] as const))('%s', async (_, path) => {
      const failure = await walkPath(driver, path);
      if (failure !== undefined) expect.fail(failureText(failure));
    });
    const reasons = Object.entries(driver.without).map(([need, why]) => `${need}: ${why}`);
    it(reasons.length === 0 ? 'leaves nothing out' : `leaves out ${reasons.join(', ')}`, () => {
      const { missed, missedStates } = coverage(driver);
      const { cover = 'edges' } = options;
      const left = cover === 'states' || cover === 'simple-paths' ? missedStates : missed;
      if (left.length > 0) expect.fail(coverage(driver).toString());
    });
  });
}

/** The title of a path's test: short enough for one line, and different for each path. */
function titleOf(path: Path, index: number): string {
  const events = path.map(({ event }) => event).join(', ');
  return `${index + 1}. ${events === '' ? 'begins' : events}`;
}
