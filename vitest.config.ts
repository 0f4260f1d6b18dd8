import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { ALONE, SLOW } from './test/slow.ts';

const results = process.env['TEST_RESULTS'];

/**
 * `--mode all` runs all tests; without it, those for which nobody has to wait. Most of the latter run in
 * processes that have loaded the sources once, in either mode.
 */
export default defineConfig(({ mode }) => {
  const isAll = mode === 'all';
  const exclude = [...configDefaults.exclude];
  return {
    // The package's own name leads to its sources.
    resolve: { tsconfigPaths: true },
    test: {
      // The first session of a process waits for its SDK; the tests' own time does not.
      setupFiles: ['test/support/sdkLoaded.ts'],
      pool: 'forks',
      // Tests of processes wait for them half of the time.
      maxWorkers: isAll ? availableParallelism() + 1 : '100%',
      // Runtimes warn of what goes wrong, and much does here: tests hear it as events.
      execArgv: ['--expose-gc', '--no-warnings'],
      // Ends what hangs, and nothing else: processes and browsers are slow where a machine is busy.
      testTimeout: isAll ? 600_000 : 30_000,
      hookTimeout: isAll ? 600_000 : 30_000,
      reporters:
        results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
      projects: [
        {
          extends: true,
          test: {
            name: 'together',
            isolate: false,
            include: ['test/**/*.test.ts'],
            exclude: [...exclude, ...SLOW, ...ALONE],
          },
        },
        {
          extends: true,
          test: {
            name: 'alone',
            include: isAll ? [...ALONE, ...SLOW.map(filesOf)] : ALONE,
            exclude: isAll ? exclude : [...exclude, ...SLOW],
          },
        },
      ],
    },
  };
});

function filesOf(place: string): string {
  return place.endsWith('/**') ? `${place}/*.test.ts` : place;
}
