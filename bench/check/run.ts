/** `npm run bench:check`: whether the budget holds. The exit code is 1 where it does not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { readRun, type SavedRun } from '../report/saved.ts';
import { verdictTable } from '../report/verdicts.ts';
import { type Budget, readBudget } from './budget.ts';
import { judge } from './judge.ts';
import { type Errand, plan } from './plan.ts';

const usage = `npm run bench:check -- [options]
  --node N       on this major of Node.js alone; without it, on each that the budget names
  --rounds N     rounds of each run; without it, as many as the budget says
  --quick        seconds in all: shows that it works, measures nothing
  --json FILE    judges this run instead; may be repeated. What it has not measured is passed over`;

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit();
}
const whole = readBudget();
const nodes = values.node?.map(Number) ?? whole.nodes;
const budget: Budget = { ...whole, nodes: whole.nodes.filter((major) => nodes.includes(major)) };
const runs = values.json?.map(readRun) ?? measured(plan(budget));
const all = judge(budget, runs);
// A run that was made for something else need not have all of them.
const verdicts = values.json ? all.filter((each) => each.measured !== undefined) : all;
console.log(`\n${verdictTable(verdicts)}`);
const missed = verdicts.filter(({ holds }) => !holds).length;
console.log(`\n${verdicts.length - missed} of ${verdicts.length} hold`);
process.exitCode = missed === 0 && verdicts.length > 0 ? 0 : 1;

function measured(errands: readonly Errand[]): SavedRun[] {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-budget-'));
  try {
    return errands.map((errand, at) => measure(errand, join(folder, `${at}.json`)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure({ major, server, only }: Errand, file: string): SavedRun {
  const rounds = values.rounds ?? `${budget.rounds}`;
  const args = ['--node', `${major}`, '--server', server, '--only', only.join(), '--json', file];
  const program = [...process.execArgv, join(import.meta.dirname, '../run.ts')];
  const how = values.quick ? ['--quick'] : ['--rounds', rounds];
  const { status } = spawnSync(process.execPath, [...program, ...args, ...how], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`The run of ${only.join(', ')} failed`);
  return readRun(file);
}
