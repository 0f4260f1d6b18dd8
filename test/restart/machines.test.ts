import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import { LightClient } from '../support/lightClient.ts';
import type { Program } from '../support/program.ts';
import { storeFolder } from '../support/storeFolder.ts';

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/machineChild.ts', import.meta.url));
});
afterAll(() => program.remove());

const NEVER_MS = '60000';

/** One store, one file of what was done, one process after the other. */
function world(afterMs: string, idleMs: string) {
  const folder = storeFolder().path;
  const witness = join(folder, '..', 'witness');
  const start = async (): Promise<{ process: Program; url: string }> => {
    const process = program.start([folder, witness, afterMs, idleMs]);
    return { process, url: await process.url() };
  };
  const done = (): string[] =>
    existsSync(witness) ? readFileSync(witness, 'utf8').trim().split('\n') : [];
  return { start, done };
}

async function sessionsOf({ url }: { url: string }): Promise<unknown> {
  return (await fetch(new URL('/elsewhere', url))).json();
}

async function kill({ process }: { process: Program }): Promise<void> {
  process.process.kill('SIGKILL');
  expect(await process.ended).toBe('SIGKILL');
}

describe('kill -9, and a delayed transition', () => {
  it.each([
    ['asleep', '100'],
    ['awake', NEVER_MS],
  ])('of a session that was %s: it is made by the next process, once', async (state, idleMs) => {
    const { start, done } = world('8000', idleMs);
    const client = new LightClient();
    const first = await start();
    await client.open(first.url);
    expect(await client.call(first.url, 'switch')).toBe('on 1');
    await expect
      .poll(() => sessionsOf(first))
      .toMatchObject({ asleep: state === 'asleep' ? 1 : 0, total: 1 });
    await kill(first);
    expect(done()).toEqual([]);

    // Nobody calls: the delay alone wakes the session.
    const second = await start();
    await expect.poll(done).toEqual([String(second.process.process.pid)]);
    expect(await client.call(second.url, 'look')).toBe('off 2');
    await kill(second);

    const third = await start();
    expect(await client.call(third.url, 'look')).toBe('off 2');
    expect(await client.call(third.url, 'switch')).toBe('on 3');
    expect(done()).toHaveLength(1);
    await kill(third);
  });

  it('that was due while no process was there is made at the next start', async () => {
    const { start, done } = world('3000', '100');
    const client = new LightClient();
    const first = await start();
    await client.open(first.url);
    expect(await client.call(first.url, 'switch')).toBe('on 1');
    await kill(first);
    expect(done()).toEqual([]);
    const due = Date.now() + 3000;
    await expect.poll(() => Date.now() > due).toBe(true);
    const second = await start();
    await expect.poll(done).toHaveLength(1);
    expect(await client.call(second.url, 'look')).toBe('off 2');
    await kill(second);
  });
});

it('kill -9 while a promise is invoked: the next process invokes it again, and goes on from there', async () => {
  const { start } = world(NEVER_MS, NEVER_MS);
  const client = new LightClient();
  const first = await start();
  await client.open(first.url);
  expect(await client.call(first.url, 'fetch')).toBe('busy 0');
  await kill(first);
  const second = await start();
  expect(await client.call(second.url, 'look')).toBe('busy 0');
  expect(await client.call(second.url, 'switch')).toBe('off 0');
  await kill(second);
});
