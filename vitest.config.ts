import { configDefaults, defineConfig } from 'vitest/config';
import { SLOW } from './test/slow.ts';

const results = process.env['TEST_RESULTS'];

/** `--mode all` runs all tests; without it, those for which nobody has to wait. */
export default defineConfig(({ mode }) => ({
  // The package's own name leads to its sources.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(mode === 'all' ? [] : SLOW)],
    // The first session of a process waits for its SDK; the tests' own time does not.
    setupFiles: ['test/support/sdkLoaded.ts'],
    pool: 'forks',
    maxWorkers: '100%',
    // Runtimes warn of what goes wrong, and much does here: tests hear it as events.
    execArgv: ['--expose-gc', '--no-warnings'],
    testTimeout: 30_000,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
  },
}));
