import * as fc from 'fast-check';

/**
 * Checks a property with a seed that is printed, so that a run can be had again: `FC_SEED=…`, and
 * `FC_PATH=…` for the one case that failed. `FC_RUNS=…` asks for other than the usual number.
 * @param runs how many cases
 */
export async function seeded<T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> {
  const { FC_SEED, FC_PATH, FC_RUNS } = process.env;
  const seed = Number(FC_SEED ?? (Math.random() * 2 ** 31) | 0);
  console.info(`FC_SEED=${seed}`);
  await fc.assert(property, {
    seed,
    numRuns: Number(FC_RUNS ?? runs),
    ...(FC_PATH !== undefined && { path: FC_PATH }),
  });
}
