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
  // Tests of processes wait for them half of the time.
  const maxWorkers = availableParallelism() + Number(isAll);
  // Ends what hangs, and nothing else: processes and browsers are slow where a machine is busy. Each
  // project has all of it: what a project extends is made for the mode `test`, whatever the mode is.
  const guardMs = isAll ? 600_000 : 30_000;
  const poll = { timeout: guardMs };
  const own = { testTimeout: guardMs, hookTimeout: guardMs, expect: { poll }, maxWorkers };
  return {
    // The package's own name leads to its sources.
    resolve: { tsconfigPaths: true },
    test: {
      // The first session of a process waits for its SDK; the tests' own time does not.
      setupFiles: ['test/support/sdkLoaded.ts'],
      pool: 'forks',
      maxWorkers,
      // Runtimes warn of what goes wrong, and much does here: tests hear it as events.
      execArgv: ['--expose-gc', '--no-warnings'],
      reporters:
        results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
      projects: [
        {
          extends: true,
          test: {
            ...own,
            name: 'together',
            isolate: false,
            include: ['test/**/*.test.ts'],
            exclude: [...exclude, ...SLOW, ...ALONE],
          },
        },
        {
          extends: true,
          test: {
            ...own,
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
