import { ActorsError } from './errors.ts';

/**
 * Loads the first of several packages that is installed and works. Each source names its package in
 * an `import()` of its own, so that a bundler sees the name.
 *
 * @param names the packages one of which is needed, for people
 * @throws ActorsError `sdk-missing` where none can be loaded; its cause has what each met
 */
export async function firstInstalled<T>(
  sources: readonly (() => Promise<T>)[],
  names: string,
): Promise<T> {
  const met: unknown[] = [];
  for (const source of sources) {
    try {
      return await source();
    } catch (error) {
      met.push(error);
    }
  }
  const cause = new AggregateError(met, 'no package of the SDK can be loaded');
  throw new ActorsError('sdk-missing', `no SDK is installed here: npm install ${names}`, { cause });
}
