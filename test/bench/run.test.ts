import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRun, type SavedRun } from '../../bench/report/saved.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-bench-test-'));
const file = join(folder, 'run.json');
const CONTENDERS = ['map', 'handler-legacy', 'actors', 'streams', 'ws', 'lmdb'];
let saved: SavedRun;
let said: string;

async function tsx(program: string, ...args: readonly string[]): Promise<string> {
  const path = fileURLToPath(new URL(`../../bench/${program}`, import.meta.url));
  const options = { env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 26 };
  const all = ['--import', 'tsx', path, ...args];
  return (await promisify(execFile)(process.execPath, all, options)).stdout;
}

beforeAll(async () => {
  const only = [...CONTENDERS, 'modern', 'calls', 'churn', 'memory'].join();
  said = await tsx('run.ts', '--quick', '--only', only, '--json', file);
  saved = readRun(file);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('npm run bench drives each kind of contender, and writes what each did', () => {
  expect(Object.keys(saved.calls!).toSorted()).toEqual([...CONTENDERS, 'modern'].toSorted());
  for (const rounds of Object.values(saved.calls!))
    expect(rounds![0]!.perSecond).toBeGreaterThan(0);
});

test('npm run bench opens and closes sessions only where there are any', () => {
  const withSessions = CONTENDERS.filter((name) => name !== 'handler-legacy');
  expect(Object.keys(saved.churn!).toSorted()).toEqual(withSessions.toSorted());
  expect(Object.keys(saved.memory!).toSorted()).toEqual(withSessions.toSorted());
});

test('npm run bench prints calls, open and close, CPU and memory', () => {
  for (const title of ['tools/call per second', 'CPU of a call', 'open + close', 'idle session']) {
    expect(said).toContain(title);
  }
});

test('npm run bench:plot draws a run', async () => {
  const out = join(folder, 'run.svg');
  await tsx('plot.ts', file, out);
  const svg = readFileSync(out, 'utf8');
  expect(svg).toMatch(/^<svg /);
  expect(svg).toContain('mcp-actors, WebSocket');
});

test('npm run bench:check judges a run, and ends with 1 where the budget is not held', async () => {
  const failed = await tsx('check/run.ts', '--json', file).then(
    (stdout) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  expect(failed.stdout).toContain('bytes of an idle session');
  expect(failed.code).toBe(failed.stdout.includes('DOES NOT HOLD') ? 1 : 0);
});
