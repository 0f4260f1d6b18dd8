import * as fc from 'fast-check';

const CI_SEED = 20_261_126;

/**
 * Checks a property with a seed that is printed, so that a run can be had again: `FC_SEED=…`, and
 * `FC_PATH=…` for the one case that failed. `FC_RUNS=…` asks for other than the usual number. Each run
 * draws another seed, but in CI, where a change is judged by what the change did.
 * @param runs how many cases
 */
export async function seeded<T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> {
  const { CI, FC_SEED, FC_PATH, FC_RUNS } = process.env;
  const seed = Number(FC_SEED ?? (CI === undefined ? (Math.random() * 2 ** 31) | 0 : CI_SEED));
  console.info(`FC_SEED=${seed}`);
  await fc.assert(property, {
    seed,
    numRuns: Number(FC_RUNS ?? runs),
    ...(FC_PATH !== undefined && { path: FC_PATH }),
  });
}
