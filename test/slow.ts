/**
 * Tests that `npm test` leaves out and `npm run test:all` runs: they start processes, open a browser,
 * measure time or memory, or take long. Files, and folders that end in `/**`.
 */
export const SLOW: readonly string[] = [
  // Processes, and what becomes of them.
  'test/adapters/endProcess.test.ts',
  'test/adapters/outlives.test.ts',
  'test/adapters/ownedChildren.test.ts',
  'test/adapters/sharedPool.test.ts',
  'test/adapters/signals.test.ts',
  'test/adapters/stdioProcess.test.ts',
  'test/adapters/strayErrors.test.ts',
  'test/bench/run.test.ts',
  'test/cli/**',
  'test/cluster/processes/**',
  'test/containment.test.ts',
  'test/gateway/childProcess.test.ts',
  'test/gateway/example.test.ts',
  'test/gateway/kill.test.ts',
  'test/gateway/messages.test.ts',
  'test/gateway/published.test.ts',
  'test/gateway/stdout.test.ts',
  'test/gateway/upstream.test.ts',
  'test/package/**',
  'test/processes/load.test.ts',
  'test/processes/processes.test.ts',
  'test/redis/server/**',
  'test/restart/**',
  'test/store/lmdbProcesses.test.ts',
  'test/examples/**',
  // A browser.
  'test/watch/inspector/actors.test.ts',
  'test/watch/inspector/callsTab.test.ts',
  'test/watch/inspector/cluster.test.ts',
  'test/watch/inspector/features.test.ts',
  'test/watch/inspector/gateway.test.ts',
  'test/watch/inspector/handlesTab.test.ts',
  'test/watch/inspector/load.test.ts',
  'test/watch/inspector/page.test.ts',
  'test/watch/inspector/reach.test.ts',
  'test/watch/inspector/reading.test.ts',
  'test/watch/stately/page.test.ts',
  // Memory, after collections.
  'test/leaks.test.ts',
  'test/base/cut.test.ts',
  'test/directory/sleepLimits.test.ts',
  'test/host/leaks.test.ts',
  'test/http/fairness.test.ts',
  'test/http/unreadAnswers.test.ts',
  'test/handles/memory.test.ts',
  'test/machine/memory.test.ts',
  'test/sleep/leaks.test.ts',
  'test/walk.test.ts',
  // Many histories, many mutants, every door, either SDK.
  'test/adapters/contract.test.ts',
  'test/modern/nativeSuites.test.ts',
  'test/properties/fuzz.test.ts',
  'test/properties/sleep.test.ts',
  'test/cluster/runtimes/memory.test.ts',
  'test/cluster/simulation/**',
  'test/session/userFunctions.test.ts',
  'test/simulation/**',
  'test/testing/machine/faults.test.ts',
  'test/testing/mutants.test.ts',
  'test/testing/peers.test.ts',
  'test/testing/refinement.test.ts',
];

/**
 * Tests that change what others of their process have: the global `Request`, which hono's server for
 * node replaces, or a module; and one that counts what its process has. By `npm test` all other files are
 * run together, in processes that have loaded the sources once.
 */
export const ALONE: string[] = [
  'test/adapters/health.test.ts',
  'test/adapters/mounts/**/*.test.ts',
  'test/gateway/abandoned.test.ts',
  'test/host/**/*.test.ts',
  'test/http/fetch.test.ts',
  'test/modern/nativeFallback.test.ts',
  'test/testing/machineCoverage.test.ts',
];
