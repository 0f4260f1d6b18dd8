import { startEverythingServer } from './everything-server.ts';
import { install } from './install.ts';
import { referee } from './referee.ts';

/** `atLeast`: what a plain server with sessions passes; fewer means that something went unasked. */
const runs = [
  { revision: '2025-11-25', options: ['--requirements', '2025-11-25'], atLeast: 84 },
  {
    revision: '2025-06-18',
    options: ['--suite', 'all', '--spec-version', '2025-06-18'],
    atLeast: 56,
  },
  { revision: '2025-03-26', options: ['--spec-version', '2025-03-26'], atLeast: 3 },
  { revision: '2026-07-28', options: ['--requirements', '2026-07-28'], atLeast: 196 },
];

install(import.meta.dirname);
// Asked which era to use, the server says the stateless one; the others are served beside it.
const server = await startEverythingServer(['--stateless']);
let passed = 0;
let failed = 0;

try {
  for (const { revision, options, atLeast } of runs) {
    const checks = await referee(server.url, options);
    const good = checks.filter(({ status }) => status === 'SUCCESS').length;
    // The referee forgives warnings; we do not.
    const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
    console.log(`${revision}: ${good} checks passed, ${bad.length} failed`);
    for (const { status, scenario, id, errorMessage } of bad) {
      console.log(`  ${status} ${scenario} / ${id}: ${errorMessage ?? 'no reason given'}`);
    }
    if (good < atLeast) console.log(`  FAILURE: ${atLeast} checks should have passed`);
    passed += good;
    failed += bad.length + (good < atLeast ? 1 : 0);
  }
} finally {
  const exitCode = await server.stop();
  if (exitCode !== 0) {
    failed++;
    console.log(`FAILURE the server ended with ${exitCode}, not 0`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
