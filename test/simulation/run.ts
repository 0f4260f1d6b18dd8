import { parseArgs } from 'node:util';
import { simulateHost } from './globals.ts';
import type { History } from './history.ts';
import { takeOut } from './mutants.ts';
import { OPEN } from './open.ts';

const { values } = parseArgs({
  options: {
    /** The first seed. */
    seed: { type: 'string', default: '1' },
    /** `sessions`, or `both` eras on one URL. */
    era: { type: 'string', default: 'sessions' },
    /** How many seeds. */
    histories: { type: 'string', default: '1' },
    /** Each so many seeds apart: workers share a range. */
    stride: { type: 'string', default: '1' },
    steps: { type: 'string', default: '120' },
    /** The step before which a history ends. */
    until: { type: 'string' },
    /** The numbers of the steps that are done. */
    keep: { type: 'string' },
    /** Prints all that happens. */
    trace: { type: 'boolean', default: false },
    /** Drops the steps that a failure does not need. */
    shrink: { type: 'boolean', default: false },
    /** Prints the hash of each history. */
    hashes: { type: 'boolean', default: false },
    /** Ends with the first failure. */
    first: { type: 'boolean', default: false },
    /** Takes a mend out. */
    mutant: { type: 'string' },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
simulateHost();
if (values.mutant !== undefined) takeOut(values.mutant);
// Not before: a mend is taken out of what is loaded from here on.
// The world of a history has no time for a package to load.
await import('../support/sdkLoaded.ts');
const { play } = await import('./history.ts');
const { shrink } = await import('./shrink.ts');
const { containCrashes } = await import('../../src/adapters/containCrashes.ts');
containCrashes({ contain: 'all' });

const [first, count, stride] = [values.seed, values.histories, values.stride].map(Number) as [
  number,
  number,
  number,
];
const cpu = process.cpuUsage();
let played = 0;
let failures = 0;
let open = 0;
for (let seed = first; played < count; seed += stride) {
  const history: History = {
    seed,
    steps: Number(values.steps),
    era: values.era === 'both' ? 'both' : 'sessions',
    ...(values.until !== undefined && { until: Number(values.until) }),
    ...(values.keep !== undefined && { keep: values.keep.split(',').map(Number) }),
  };
  const { broken, at, hash } = await play(history, {
    say: print,
    trace: values.trace ? print : undefined,
  });
  played++;
  if (values.hashes) print(`seed ${seed} hash ${hash}`);
  if (broken.length === 0) continue;
  if (broken.every((each) => OPEN.some((one) => one.test(each)))) {
    open++;
    print(`seed ${seed} is open after step ${at}: ${broken[0]}`);
    continue;
  }
  failures++;
  print(`seed ${seed} failed after step ${at}: ${broken.slice(0, 3).join('\n  ')}`);
  if (values.shrink) {
    // Of the same kind, whatever its numbers.
    const kind = kindOf(broken[0]!);
    const fails = async (fewer: History): Promise<boolean> => {
      const [one] = (await play(fewer)).broken;
      return one !== undefined && kindOf(one) === kind;
    };
    const left = await shrink({ ...history, until: at }, fails);
    print(
      `npm run sim -- --seed ${seed} --era ${history.era} --steps ${history.steps} --keep ${left.join()} --trace`,
    );
  }
  if (values.first) break;
}
const { user, system } = process.cpuUsage(cpu);
const ms = ((user + system) / 1000 / played).toFixed(1);
print(`${played} histories, ${failures} failed, ${open} open, ${ms} ms of a core each`);
process.exitCode = failures > 0 ? 1 : 0;

function kindOf(broken: string): string {
  return broken.replaceAll(/[\d-]+/g, '#').slice(0, 60);
}
