import { configDefaults, defineConfig } from 'vitest/config';
import type { Reporter, Vitest } from 'vitest/node';
import { SLOW } from '../slow.ts';

let vitest: Vitest;

/**
 * Tells Stryker of modules that do not load: it looks at tests, and at errors outside of them, which
 * it takes for errors of this realm.
 */
const errors: Reporter = {
  onInit(context) {
    vitest = context;
  },
  onTestRunEnd(modules, unhandled) {
    const found = [...unhandled, ...modules.flatMap((module) => module.errors())];
    vitest.state.clearErrors();
    for (const { message } of found) vitest.state.catchError(new Error(message), 'Unhandled Error');
  },
};

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
    hookTimeout: 1500,
    teardownTimeout: 500,
    reporters: [errors],
  },
});
