// One model of a session, walked on two servers. It finds each defect of the one written by hand.
import assert from 'node:assert/strict';
import { type Defect, DEFECTS } from './defects.ts';
import { walkHandWritten } from './walk-hand-written.ts';
import { walkOurs } from './walk-ours.ts';

for (const report of [await walkOurs(), await walkHandWritten()]) {
  console.log(String(report), '\n');
  assert(report.failures.length === 0 && report.coverage.isComplete);
}
for (const [defect, edge] of Object.entries(DEFECTS)) {
  const report = await walkHandWritten(defect as Defect);
  console.log(String(report), '\n');
  assert(String(report).includes(`FAILED    ${edge}`));
}
console.log(`No failure in two servers, and each of ${Object.keys(DEFECTS).length} defects found`);
