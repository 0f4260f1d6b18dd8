// Adds up what the steps counted: vitest's own report, and `N passed, N failed` lines of the others.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';

const [, , folder, failedSteps] = process.argv;
let passed = 0;
let failed = Number(failedSteps);

const vitest = join(folder, 'vitest.json');
if (existsSync(vitest)) {
  const report = JSON.parse(readFileSync(vitest, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  for (const line of failures(report)) console.log(line);
} else {
  failed += 1;
}
for (const name of ['conformance', 'clients', 'alternatives', 'installs']) {
  const log = join(folder, `${name}.log`);
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  const line = [...text.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1);
  passed += Number(line?.[1] ?? 0);
  failed += Number(line?.[2] ?? 1);
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** What failed, once more at the end: whoever has only the last lines of a log reads it here. */
function failures({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && tests.length === 0) return [`FAILED ${file}`, message];
    return tests.flatMap((test) => [
      `FAILED ${file} > ${test.fullName}`,
      ...test.failureMessages.map((text) => text.split('\n').slice(0, 12).join('\n')),
    ]);
  });
}
