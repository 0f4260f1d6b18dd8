import * as fc from 'fast-check';

/**
 * Checks a property with a seed that is printed, so that a run can be had again: `FC_SEED=…`.
 * @param runs how many cases
 */
export async function seeded<T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> {
  const seed = Number(process.env['FC_SEED'] ?? (Math.random() * 2 ** 31) | 0);
  console.info(`FC_SEED=${seed}`);
  await fc.assert(property, { seed, numRuns: runs });
}
