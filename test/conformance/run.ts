import { startEverythingServer, startOtherServers } from './everything-server.ts';
import { install } from './install.ts';
import { type Check, referee } from './referee.ts';

/** `atLeast`: what a plain server with sessions passes; fewer means that something went unasked. */
const sessions = [
  { revision: '2025-11-25', options: ['--requirements', '2025-11-25'], atLeast: 84 },
  {
    revision: '2025-06-18',
    options: ['--suite', 'all', '--spec-version', '2025-06-18'],
    atLeast: 56,
  },
  { revision: '2025-03-26', options: ['--spec-version', '2025-03-26'], atLeast: 3 },
];
const stateless = {
  revision: '2026-07-28',
  options: ['--requirements', '2026-07-28'],
  atLeast: 197,
};

/** A referee mostly waits; but now and then it gives an answer half a second, and no more. */
const AT_ONCE = 4;

interface Verdict {
  readonly name: string;
  readonly passed: readonly Check[];
  readonly failed: readonly Check[];
  readonly atLeast: number;
}

/** Has a server judged by one revision of the protocol. */
async function judge(
  server: string,
  url: string,
  { revision, options, atLeast }: typeof stateless,
): Promise<Verdict> {
  const checks = await referee(url, options);
  const passed = checks.filter(({ status }) => status === 'SUCCESS');
  // The referee forgives warnings; we do not.
  const failed = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  return { name: `${revision}, ${server}`, passed, failed, atLeast };
}

/** Runs tasks, a few at a time, in order. */
async function sideBySide<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const left = tasks.entries();
  const work = async (): Promise<void> => {
    // All workers take from the same iterator.
    for (const [index, task] of left) results[index] = await task();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Says how a server did. @returns how many checks failed */
function report({ name, passed, failed, atLeast }: Verdict): number {
  console.log(`${name}: ${passed.length} checks passed, ${failed.length} failed`);
  for (const { status, scenario, id, errorMessage } of failed) {
    console.log(`  ${status} ${scenario} / ${id}: ${errorMessage ?? 'no reason given'}`);
  }
  if (passed.length >= atLeast) return failed.length;
  console.log(`  FAILURE: ${atLeast} checks should have passed`);
  return failed.length + 1;
}

install(import.meta.dirname);
// Asked which era to use, the server says the stateless one; the others are served beside it.
const everything = await startEverythingServer(['--stateless']);
const others = await startOtherServers();
let passed = 0;
let failed = 0;

try {
  const judgements = [
    ...sessions.map((run) => () => judge('v1 Server', everything.url, run)),
    () => judge('v1 Server, scope argument', everything.url, stateless),
    ...others.all.map(
      ([name, url]) =>
        () =>
          judge(name, url, stateless),
    ),
  ];
  for (const verdict of await sideBySide(judgements)) {
    passed += verdict.passed.length;
    failed += report(verdict);
  }
} finally {
  for (const exitCode of [await everything.stop(), await others.stop()]) {
    if (exitCode === 0) continue;
    failed++;
    console.log(`FAILURE a server ended with ${exitCode}, not 0`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
