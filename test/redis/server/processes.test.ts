import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { laneOf, LANES } from '../../support/lanes.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { put, watched } from './rig.ts';

const CHILD = fileURLToPath(new URL('../../support/redisChild.ts', import.meta.url));
const ROUNDS = 8;
const LEASE_MS = 6000;

interface Child {
  readonly process: ChildProcess;
  /** Everything it said. */
  readonly said: unknown[];
}

/** A process that takes the store and writes without end. @param within what runs it */
function start(url: string, leaseMs: number, within: readonly string[] = []): Child {
  const node = [process.execPath, '--import', 'tsx', CHILD, url, String(leaseMs)];
  const [command = '', ...args] = [...within, ...node];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
  return { process: child, said };
}

async function writes({ said }: Child, count = 20): Promise<void> {
  await expect.poll(() => said.length, { interval: 2 }).toBeGreaterThan(count);
}

/** Ends a process as `kill -9` does. */
async function kill({ process: child }: Child): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

it(`a process killed while it writes leaves each write whole or not at all, ${ROUNDS} times`, async () => {
  const server = await RedisServer.ofTest();
  const stored = new Map(LANES.map((lane) => [lane, 0]));
  for (let round = 0; round < ROUNDS; round++) {
    // Longer than the test: who was killed is known to be gone.
    const child = start(server.url, 600_000);
    await writes(child, 10 + 17 * round);
    await kill(child);
    for (const said of child.said) if (Array.isArray(said)) stored.set(said[0], said[1]);

    const { store } = watched(server.url);
    for (const lane of LANES) {
      const told = stored.get(lane)!;
      const found = await laneOf(store, lane);
      expect([`${told}`, `${told + 1}`]).toContain(found);
      stored.set(lane, Number(found));
    }
    const { records } = await store.page({ limit: 100 });
    expect(await store.count()).toBe(records.length);
    expect(await store.due(Infinity, 100)).toEqual(records);
    await store.close();
  }
});

it('a second process is refused while the first one lives, told by whom, and harms nobody', async () => {
  const server = await RedisServer.ofTest();
  const child = start(server.url, 500);
  await writes(child);
  const { store } = watched(server.url);
  const message = expect.stringMatching(
    `^Process ${child.process.pid} of \\S+ has this store open$`,
  );
  await expect(store.ready()).rejects.toMatchObject({ code: 'store-locked', message });
  await expect(store.write([put('a')])).rejects.toMatchObject({ code: 'store-locked' });
  await writes(child, child.said.length + 20);
  await kill(child);
  await store.write([put('a')]);
  expect(await store.get('a')).toMatchObject({ id: 'a' });
});

it('a process that closes its store leaves it to the next one at once', async () => {
  const server = await RedisServer.ofTest();
  const first = watched(server.url, { leaseMs: 600_000 }).store;
  await first.write([put('a')]);
  await first.close();
  const second = watched(server.url, { leaseMs: 600_000 }).store;
  expect(await second.count()).toBe(1);
});

it('a process whose store was taken neither writes nor reads, however much the other one wrote', async () => {
  const server = await RedisServer.ofTest();
  const first = watched(server.url, { leaseMs: 60_000 });
  await first.store.write([put('a', { epoch: 1 })]);
  // As if it had not been heard of for as long as its lease.
  await server.command('DEL', await leaseOf(server));
  const { store } = watched(server.url);
  for (let epoch = 2; epoch < 9; epoch++) await store.write([put('a', { epoch })]);
  const locked = { code: 'store-locked' };
  await expect(first.store.get('a')).rejects.toMatchObject(locked);
  await expect(first.store.write([put('a', { epoch: 0 })])).rejects.toMatchObject(locked);
  await expect(first.store.count()).rejects.toMatchObject(locked);
  expect(first.failures).toEqual([expect.objectContaining(locked)]);
  await first.store.close();
  expect(await store.get('a')).toMatchObject({ epoch: 8 });
});

it('a process that stood still past its lease has lost the store, and stores nothing any more', async () => {
  const server = await RedisServer.ofTest();
  const child = start(server.url, 300);
  await writes(child);
  child.process.kill('SIGSTOP');
  const { store } = watched(server.url);
  await expect.poll(async () => Promise.resolve(store.ready()).catch(String)).toBeUndefined();
  const before = await Promise.all(LANES.map(async (lane) => laneOf(store, lane)));
  await store.write([put('mine')]);
  const ended = once(child.process, 'exit');
  child.process.kill('SIGCONT');
  expect(await ended).toEqual([3, null]);
  expect(child.said.at(-1)).toMatchObject({ code: 'store-locked' });
  expect(await Promise.all(LANES.map(async (lane) => laneOf(store, lane)))).toEqual(before);
  expect(await store.get('mine')).toMatchObject({ id: 'mine' });
});

/** Runs a command as the first process of a container of its own. */
const CONTAINED = ['unshare', '-Urpf', '--mount-proc', '--kill-child'];
const hasContainers = spawnSync(CONTAINED[0]!, [...CONTAINED.slice(1), 'true']).status === 0;

it.skipIf(!hasContainers)(
  'a process of another container is waited for as long as its lease, whatever its number',
  async () => {
    const server = await RedisServer.ofTest();
    // Long enough for a process that is new on a machine that is busy to write some.
    const child = start(server.url, LEASE_MS, CONTAINED);
    await writes(child);
    await kill(child);
    const { store } = watched(server.url, { leaseMs: LEASE_MS });
    const left = Number(await server.command('PTTL', await leaseOf(server)));
    const began = performance.now();
    await store.ready();
    expect(left).toBeGreaterThan(0);
    expect(performance.now() - began).toBeGreaterThan(left * 0.5);
    expect(await store.count()).toBeGreaterThan(0);
  },
);

async function leaseOf(server: RedisServer): Promise<string> {
  return `mcpa:n:${String(await server.command('HGET', 'mcpa:store', 'o'))}`;
}
