import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { redisEngine } from '../../../src/redis/cluster/redisEngine.ts';
import { engineContract } from '../../cluster/engineContract.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { pass } from '../../support/redisTime.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.end());

let homes = 0;

engineContract('redisEngine', async () => {
  const prefix = `home${homes++}:`;
  return {
    connect: () => {
      const engine = redisEngine({ url: server.url, prefix, timeoutMs: 5000 });
      onTestFinished(() => engine.close());
      return engine;
    },
    pass: async (ms) => pass(server, prefix, ms),
    wipe: async () => void (await server.command('FLUSHALL')),
    keep: async () => void (await server.command('SAVE')),
    failOver: async () => {
      await server.kill();
      await server.start();
    },
  };
});
