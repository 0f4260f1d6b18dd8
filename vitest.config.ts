import { configDefaults, defineConfig } from 'vitest/config';
import { ALONE, SLOW } from './test/slow.ts';

const results = process.env['TEST_RESULTS'];
const include = ['test/**/*.test.ts'];

/**
 * `--mode all` runs all tests, each file by itself; without it, those for which nobody has to wait,
 * and most of them in processes that have loaded the sources once.
 */
export default defineConfig(({ mode }) => {
  const exclude = [...configDefaults.exclude, ...(mode === 'all' ? [] : SLOW)];
  return {
    // The package's own name leads to its sources.
    resolve: { tsconfigPaths: true },
    test: {
      ...(mode === 'all' && { include, exclude }),
      // The first session of a process waits for its SDK; the tests' own time does not.
      setupFiles: ['test/support/sdkLoaded.ts'],
      pool: 'forks',
      maxWorkers: '100%',
      // Runtimes warn of what goes wrong, and much does here: tests hear it as events.
      execArgv: ['--expose-gc', '--no-warnings'],
      // Ends what hangs, and nothing else: processes and browsers are slow where a machine is busy.
      testTimeout: mode === 'all' ? 120_000 : 30_000,
      reporters:
        results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
      ...(mode !== 'all' && {
        projects: [
          {
            extends: true,
            test: { name: 'together', isolate: false, include, exclude: [...exclude, ...ALONE] },
          },
          { extends: true, test: { name: 'alone', include: ALONE, exclude } },
        ],
      }),
    },
  };
});
