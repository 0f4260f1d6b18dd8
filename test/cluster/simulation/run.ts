import { parseArgs } from 'node:util';
import { simulateHost } from '../../simulation/globals.ts';
import type { FaultKind } from './faults.ts';
import { takeOut } from './takeOut.ts';

const { values } = parseArgs({
  options: {
    /** The first seed. */
    seed: { type: 'string', default: '1' },
    /** How many seeds. */
    histories: { type: 'string', default: '1' },
    /** Each so many seeds apart: workers share a range. */
    stride: { type: 'string', default: '1' },
    /** What goes wrong: names with commas between; everything without it. */
    faults: { type: 'string' },
    /** Prints all that happens. */
    trace: { type: 'boolean', default: false },
    /** Prints the hash of each history. */
    hashes: { type: 'boolean', default: false },
    /** Ends with the first failure. */
    first: { type: 'boolean', default: false },
    /** Takes a rule out. */
    mutant: { type: 'string' },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
simulateHost();
const mutant = values.mutant === undefined ? undefined : takeOut(values.mutant);
// The world of a history has no time for a package to load.
await import('../../support/sdkLoaded.ts');
const { play } = await import('./history.ts');

const { seed: first, histories, stride } = values;
const given = values.faults?.split(',').filter((each) => each !== '') as FaultKind[] | undefined;
const faults = given ?? mutant?.faults;
const cpu = process.cpuUsage();
const counts: Record<string, number> = {};
let played = 0;
let failures = 0;
for (let seed = Number(first); played < Number(histories); seed += Number(stride)) {
  const {
    broken,
    hash,
    counts: own,
  } = await play({ seed, faults }, values.trace ? print : undefined);
  played++;
  for (const [what, count] of Object.entries(own)) counts[what] = (counts[what] ?? 0) + count;
  if (values.hashes) print(`seed ${seed} hash ${hash}`);
  if (broken.length === 0) continue;
  failures++;
  print(`seed ${seed} failed: ${broken.slice(0, 3).join('\n  ')}`);
  if (values.first) break;
}
const { user, system } = process.cpuUsage(cpu);
const ms = ((user + system) / 1000 / played).toFixed(1);
print(JSON.stringify(counts));
print(`${played} histories, ${failures} failed, ${ms} ms of a core each`);
process.exitCode = failures > 0 ? 1 : 0;
