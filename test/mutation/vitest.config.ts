import { configDefaults, defineConfig } from 'vitest/config';
import { SLOW } from '../slow.ts';

/** For mutation runs: `run.ts` names the tests, the working directory is the copy of the sources. */
export default defineConfig({
  root: process.cwd(),
  resolve: { tsconfigPaths: true },
  test: {
    include: (process.env['MUTATION_TESTS'] ?? 'test/**/*.test.ts').split(' '),
    exclude: [...configDefaults.exclude, ...SLOW],
    setupFiles: ['test/support/sdkLoaded.ts'],
    // Stryker's own setup file comes first, so that a mutant of what a module does once is there.
    sequence: { setupFiles: 'list' },
    testTimeout: 5000,
  },
});
