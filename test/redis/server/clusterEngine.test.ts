import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { redisEngine } from '../../../src/redis/cluster/redisEngine.ts';
import { engineContract } from '../../cluster/engineContract.ts';
import { byAll, node, put } from '../../cluster/engineRig.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { pass } from '../../support/redisTime.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.end());

let homes = 0;

/** How many scripts the server has run. */
async function calls(): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
}

function connect(prefix: string) {
  const engine = redisEngine({ url: server.url, prefix, timeoutMs: 5000 });
  onTestFinished(() => engine.close());
  return engine;
}

engineContract('redisEngine', async () => {
  const prefix = `home${homes++}:`;
  return {
    connect: () => connect(prefix),
    pass: async (ms) => pass(server, prefix, ms),
    wipe: async () => void (await server.command('FLUSHALL')),
    keep: async () => void (await server.command('SAVE')),
    failOver: async () => {
      await server.kill();
      await server.start();
    },
  };
});

it('redisEngine reads a list of large records in parts, each of a few MiB', async () => {
  const { sessions } = await node({ connect: () => connect('large:') }, 'a#1');
  for (let n = 0; n < 9; n++) {
    const record = put('x'.repeat(2 ** 20), { expiresAt: n });
    await sessions.write('a#1', [byAll(`s${n}`, record)]);
  }
  await sessions.due(-1, 1);
  const before = await calls();
  expect(await sessions.due(100, 8)).toHaveLength(8);
  expect(await calls()).toBe(before + 2);
});
