import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as fc from 'fast-check';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { expect, it, onTestFinished } from 'vitest';
import { turn } from '../support/eventually.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { laneOf, LANES } from '../support/lanes.ts';
import { storeFolder } from '../support/storeFolder.ts';

const CHILD = new URL('../support/storeChild.ts', import.meta.url).pathname;
const ROUNDS = 20;

function start(
  scenario: string,
  path: string,
  within: readonly string[] = [],
): { child: ChildProcess; lines: AsyncIterable<string> } {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const node = [process.execPath, '--import', 'tsx', CHILD, scenario, path];
  const [command = '', ...args] = [...within, ...node];
  // LMDB speaks of a full disk on its own; the report says it better.
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout }) };
}

/** Everything a process said until it ended. */
async function reportOf(
  scenario: string,
  path: string,
  within?: readonly string[],
): Promise<unknown> {
  const { child, lines } = start(scenario, path, within);
  const ended = once(child, 'exit');
  let last: unknown;
  for await (const line of lines) last = JSON.parse(line);
  const [code] = await ended;
  return code === 0 ? last : { code };
}

it(`a process killed while it writes leaves each write whole or not at all, ${ROUNDS} times`, async () => {
  const { path } = storeFolder();
  const seed = Number(process.env['FC_SEED'] ?? (Math.random() * 2 ** 31) | 0);
  console.info(`FC_SEED=${seed}`);
  const moments = fc.record({ writes: fc.nat(60), turns: fc.nat(300) });
  const stored = new Map(LANES.map((lane) => [lane, 0]));
  let inTheMiddle = 0;
  for (const { writes, turns } of fc.sample(moments, { numRuns: ROUNDS, seed })) {
    const { child, lines } = start('churn', path);
    const ended = once(child, 'exit');
    let heard = 0;
    for await (const line of lines) {
      // The first line comes before the files are opened.
      const said: unknown = JSON.parse(line);
      if (Array.isArray(said)) stored.set(said[0], said[1]);
      if (heard++ !== writes) continue;
      for (let i = 0; i < turns; i++) await turn();
      child.kill('SIGKILL');
    }
    expect(await ended).toEqual([null, 'SIGKILL']);

    const store = openLmdbStore({ path });
    for (const lane of LANES) {
      const told = stored.get(lane)!;
      const found = await laneOf(store, lane);
      expect([`${told}`, `${told + 1}`]).toContain(found);
      if (Number(found) > told) inTheMiddle++;
      stored.set(lane, Number(found));
    }
    const { records } = await store.page({ limit: 100 });
    expect(await store.count()).toBe(records.length);
    expect(await store.due(Infinity, 100)).toEqual(records);
    await store.close();
  }
  // Otherwise no process was killed in the middle of anything.
  expect(inTheMiddle).toBeGreaterThan(0);
});

it('two processes that say so use one store at once', async () => {
  const { path, opened } = storeFolder();
  const store = opened(openLmdbStore({ path }));
  await store.write([{ type: 'put', record: sessionRecord({ id: 'parent' }) }]);
  expect(await reportOf('write', path)).toBe('parent');
  expect(await store.get('child')).toMatchObject({ id: 'child' });
  expect(await store.count()).toBe(2);
});

it('a store is refused while another process has it open, and not once that was killed', async () => {
  const { path, opened } = storeFolder();
  const { child, lines } = start('hold', path);
  for await (const line of lines) {
    expect(line).toBe(`${child.pid}`);
    break;
  }
  const open = () => openLmdbStore({ path });
  const locked = { code: 'store-locked', message: `Process ${child.pid} has this store open` };
  expect(open).toThrow(expect.objectContaining(locked));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = opened(open());
  // This process is no other one.
  opened(open());
  await store.write([{ type: 'put', record: sessionRecord({ id: 'mine' }) }]);
  expect(await store.count()).toBe(1);
});

it('a second process is refused at once, told by whom, and harms nobody', async () => {
  const { path, opened } = storeFolder();
  const store = opened(openLmdbStore({ path }));
  await store.write([{ type: 'put', record: sessionRecord({ id: 'mine' }) }]);
  const message = `Process ${process.pid} has this store open`;
  const refused = { code: 'store-locked', message };
  expect(await reportOf('enter', path)).toEqual(refused);
  await store.write([{ type: 'put', record: sessionRecord({ id: 'more' }) }]);
  expect(await store.count()).toBe(2);
  // A commit that fails opens the files anew: still no other process.
  expect(await reportOf('enter', path)).toEqual(refused);
  await store.close();
  expect(await reportOf('enter', path)).toBe('open');
});

/** Runs a command as the first process of a container of its own. */
const CONTAINED = ['unshare', '-Urpf', '--mount-proc', '--kill-child'];
const hasContainers = spawnSync(CONTAINED[0]!, [...CONTAINED.slice(1), 'true']).status === 0;

it.skipIf(!hasContainers)(
  'a process of another container is refused, though its number is the same',
  async () => {
    const { path } = storeFolder();
    const first = start('hold', path, CONTAINED);
    for await (const line of first.lines) {
      expect(line).toBe('1');
      break;
    }
    expect(await reportOf('enter', path, CONTAINED)).toMatchObject({ code: 'store-locked' });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    await expect.poll(() => reportOf('enter', path, CONTAINED)).toBe('open');
  },
);

it('a full disk refuses writes, is read on, and takes writes again when there is room', async () => {
  const { path, opened } = storeFolder();
  const report = (await reportOf('fill', path)) as { stored: string[]; readable: number };
  const before = report.stored.length - 3;
  expect(before).toBeGreaterThan(20);
  expect(report).toMatchObject({
    code: 'store-unavailable',
    hasCause: true,
    together: ['rejected', 'rejected', 'rejected'],
    readable: before,
    count: before,
    unhandled: 0,
  });
  const store = opened(openLmdbStore({ path }));
  const { records } = await store.page({ limit: 10_000 });
  expect(new Set(records.map(({ id }) => id))).toEqual(new Set(report.stored));
});

it('a store can not be opened where there is no room for it, and can once there is', async () => {
  const { path } = storeFolder();
  const outcomes = (await reportOf('squeeze', path)) as string[];
  expect(outcomes.filter((_, i) => i % 2 === 1)).toEqual(Array(7).fill('stored b'));
  const squeezed = outcomes.filter((_, i) => i % 2 === 0);
  expect(squeezed.slice(0, 4)).toEqual(Array(4).fill('store-unavailable'));
  expect(squeezed.at(-1)).toBe('stored a');
  expect(new Set(squeezed)).toEqual(new Set(['store-unavailable', 'stored a']));
});
