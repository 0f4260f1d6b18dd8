import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Budget, boundOf, readBudget, type Row } from '../../bench/check/budget.ts';
import { judge } from '../../bench/check/judge.ts';
import { plan } from '../../bench/check/plan.ts';
import { verdictTable } from '../../bench/report/verdicts.ts';
import { run, works } from './runs.ts';

const against: Row = {
  what: 'calls against the map',
  server: 'McpServer',
  figure: 'calls',
  value: 'perSecond',
  of: 'actors',
  against: ['map'],
  atLeast: { 24: 3 },
};
const budgetOf = (...rows: Row[]): Budget => ({ nodes: [20, 24], rounds: 12, rows });

test('judge takes ratios within each round, and their median', () => {
  const calls = {
    actors: works([300, 1], [900, 1], [60, 1]),
    map: works([100, 1], [300, 1], [30, 1]),
  };
  const [verdict] = judge(budgetOf(against), [run(24, { calls })]);
  expect(verdict).toMatchObject({ major: 24, bound: 3, measured: 3, holds: true });
  const slower = { ...calls, actors: works([290, 1], [890, 1], [60, 1]) };
  expect(judge(budgetOf(against), [run(24, { calls: slower })])[0]!.holds).toBe(false);
});

test('judge asks nothing on a Node.js for which a row has no bound', () => {
  const verdicts = judge(budgetOf(against), [run(20, { calls: { actors: works([1, 1]) } })]);
  expect(verdicts.map(({ major }) => major)).toEqual([24]);
  expect(judge(budgetOf({ ...against, atLeast: 3 }), []).map(({ major }) => major)).toEqual([
    20, 24,
  ]);
});

test('judge does not take what another Node.js or another server did', () => {
  const calls = { actors: works([300, 1]), map: works([100, 1]) };
  const runs = [run(20, { calls }), run(24, { calls }, 'Server')];
  expect(judge(budgetOf(against), runs)[0]).toMatchObject({ measured: undefined, holds: false });
});

test('judge has no measure where one side of a ratio did not run', () => {
  const runs = [run(24, { calls: { actors: works([300, 1]) } }), run(24, {})];
  expect(judge(budgetOf(against), runs)[0]!.measured).toBeUndefined();
});

test('judge compares with the best of several', () => {
  const calls = { actors: works([300, 2]), map: works([100, 8]), hono: works([200, 4]) };
  const fast: Row = { ...against, against: ['map', 'hono'], atLeast: 1.5 };
  const { atLeast: _, ...rest } = fast;
  const cheap: Row = { ...rest, value: 'serverMicros', atMost: 0.5 };
  const verdicts = judge(budgetOf(fast, cheap), [run(24, { calls })]);
  const on24 = verdicts.filter(({ major }) => major === 24);
  expect(on24.map(({ measured, holds }) => [measured, holds])).toEqual([
    [1.5, true],
    [0.5, true],
  ]);
});

test('judge reads bytes, what waits and the share of a profile as they are', () => {
  const rows: Row[] = [
    { what: 'a', server: 'McpServer', figure: 'memory', value: 'heap', of: 'actors', atMost: 10 },
    { what: 'b', server: 'McpServer', figure: 'waiting', value: 'bytes', of: 'it', atMost: 4 },
    { what: 'c', server: 'McpServer', figure: 'profile', value: 'own', of: 'actors', atMost: 0.12 },
  ];
  const profile = { contender: 'actors', groups: [] };
  const measured = run(24, {
    memory: { actors: [{ heap: 9, rss: 100 }] },
    waiting: [{ what: 'it', bytes: 5, serverMicros: 1 }],
    profiles: [
      { ...profile, load: 'churn', own: { self: 0.5, whole: 0.6 } },
      { ...profile, load: 'calls', own: { self: 0.11, whole: 0.3 } },
    ],
  });
  const verdicts = judge({ ...budgetOf(...rows), nodes: [24] }, [measured]);
  expect(verdicts.map((each) => [each.measured, each.holds])).toEqual([
    [9, true],
    [5, false],
    [0.11, true],
  ]);
});

test('verdictTable says of each row what was asked, what was measured, and whether it holds', () => {
  const calls = { actors: works([200, 1]), map: works([100, 1]) };
  const text = verdictTable(
    judge(budgetOf(against, { ...against, of: 'lmdb' }), [run(24, { calls })]),
  );
  expect(text).toContain('>= 3.00 ×');
  expect(text).toContain('2.00 ×');
  expect(text).toContain('DOES NOT HOLD');
  expect(text).toContain('not measured');
});

test('plan makes one run of each figure, with all whom its rows name', () => {
  const waiting: Row = {
    what: 'w',
    server: 'McpServer',
    figure: 'waiting',
    value: 'bytes',
    of: 'it',
    atMost: 1,
  };
  const rows = [against, { ...against, of: 'lmdb', against: ['actors'] } as Row, waiting];
  expect(plan({ ...budgetOf(...rows), nodes: [24] })).toEqual([
    { major: 24, server: 'McpServer', only: ['calls', 'actors', 'map', 'lmdb'] },
    { major: 24, server: 'McpServer', only: ['waiting'] },
  ]);
});

test('readBudget takes the budget of this project, which asks something on each Node.js', () => {
  const { nodes, rows, rounds } = readBudget();
  expect(rounds).toBeGreaterThanOrEqual(12);
  for (const major of nodes) {
    expect(rows.some((row) => boundOf(row, major) !== undefined)).toBe(true);
  }
});

test.each([
  ['a contender that is none', { of: 'nobody' }],
  ['a base that is none', { against: ['nobody'] }],
  ['a server that is none', { server: 'Nothing' }],
  ['a value that its figure has not', { value: 'heap' }],
  ['two bounds', { atMost: 4 }],
])('readBudget refuses %s', (_, wrong) => {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-budget-'));
  const file = join(folder, 'budget.json');
  try {
    writeFileSync(
      file,
      JSON.stringify({ nodes: [24], rounds: 12, rows: [{ ...against, ...wrong }] }),
    );
    expect(() => readBudget(file)).toThrow('can not be judged');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
