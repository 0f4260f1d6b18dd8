/** What all runs have in common: run.ts names the file and its tests. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // Two workers would make tests late that wait for real time.
  concurrency: 1,
  testRunnerNodeArgs: ['--expose-gc'],
  timeoutMS: 8000,
  incremental: true,
  // Stryker reads a tsconfig.json with an API that TypeScript 7 does not have, and needs none.
  tsconfigFile: 'none',
  tempDirName: 'coverage/mutation',
  cleanTempDir: 'always',
  ignorePatterns: ['/.ci', '/bench', '/coverage', '/dist', '/docs', '/examples'],
  // Most texts are descriptions and messages.
  mutator: { excludedMutations: ['StringLiteral'] },
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: false },
  allowConsoleColors: false,
  logLevel: 'warn',
  warnings: { slow: false },
};
