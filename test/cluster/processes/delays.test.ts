import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { BundledChild } from '../../support/bundledChild.ts';
import { LightClient } from '../../support/lightClient.ts';
import type { Program } from '../../support/program.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { storeFolder } from '../../support/storeFolder.ts';

const NEVER_MS = '60000';
const AFTER_MS = 4000;

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../../support/machineChild.ts', import.meta.url));
});
afterAll(() => program.remove());

interface Node {
  readonly url: string;
  readonly pid: string;
  /** Ends the process as the system would. */
  kill(): Promise<void>;
}

/** One Redis, one file of what was done, and the processes of a cluster. */
async function world(idleMs: string) {
  const redis = await RedisServer.ofTest();
  const witness = join(storeFolder().path, '..', 'witness');
  const start = async (): Promise<Node> => {
    const child: Program = program.start([redis.url, witness, String(AFTER_MS), idleMs]);
    const kill = async (): Promise<void> => {
      child.process.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
    };
    return { url: await child.url(), pid: String(child.pid), kill };
  };
  const done = (): string[] =>
    existsSync(witness) ? readFileSync(witness, 'utf8').trim().split('\n') : [];
  return { start, done };
}

describe.skipIf(findRedisServer() === undefined)(
  'the owner of a session killed, and its delayed transition',
  () => {
    it.each([
      ['asleep', '100'],
      ['awake', NEVER_MS],
    ])('of a session that was %s: another process makes it, once', async (_, idleMs) => {
      const { start, done } = await world(idleMs);
      const [owner, other, third] = await Promise.all([start(), start(), start()]);
      const client = new LightClient();
      await client.open(owner.url);
      expect(await client.call(owner.url, 'switch')).toBe('on 1');
      await owner.kill();
      expect(done()).toEqual([]);

      // Nobody calls: one of those that live finds that the session is due.
      await expect.poll(done).toHaveLength(1);
      expect([other.pid, third.pid]).toContain(done()[0]);
      expect(await client.call(other.url, 'look')).toBe('off 2');
      expect(await client.call(third.url, 'switch')).toBe('on 3');
      expect(done()).toHaveLength(1);
    });

    it('that falls due while no process is there is made by the next one, once', async () => {
      const { start, done } = await world(NEVER_MS);
      const client = new LightClient();
      const owner = await start();
      await client.open(owner.url);
      expect(await client.call(owner.url, 'switch')).toBe('on 1');
      await owner.kill();
      const due = Date.now() + AFTER_MS;
      await expect.poll(() => Date.now() > due).toBe(true);
      expect(done()).toEqual([]);
      const [next, last] = await Promise.all([start(), start()]);
      await expect.poll(done).toHaveLength(1);
      expect(await client.call(next.url, 'look')).toBe('off 2');
      expect(await client.call(last.url, 'look')).toBe('off 2');
      expect(done()).toHaveLength(1);
    });
  },
);
