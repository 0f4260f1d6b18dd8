import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { redisEngine } from '../../../src/redis/cluster/redisEngine.ts';
import { engineContract } from '../../cluster/engineContract.ts';
import { ABOUT, birth, LEASE_MS, node, put, remove, row } from '../../cluster/engineRig.ts';
import { RedisClusterOfTest } from '../../support/redisCluster.ts';
import { pass } from '../../support/redisTime.ts';

let cluster: RedisClusterOfTest;
let client: Cluster;
beforeAll(async () => {
  cluster = await RedisClusterOfTest.start(3);
  client = cluster.client();
});
afterAll(async () => {
  client.disconnect();
  await cluster.end();
});

let homes = 0;

async function onAll(work: (server: RedisClusterOfTest['servers'][number]) => Promise<unknown>) {
  await Promise.all(cluster.servers.map(work));
}

function connect(prefix: string) {
  const engine = redisEngine({ client, prefix, timeoutMs: 10_000 });
  onTestFinished(() => engine.close());
  return engine;
}

engineContract('redisEngine in a Redis Cluster', async () => {
  const prefix = `{home${homes++}}:`;
  return {
    connect: () => connect(prefix),
    pass: async (ms) => onAll(async (server) => pass(server, prefix, ms)),
    wipe: async () => onAll(async (server) => server.command('FLUSHALL')),
    keep: async () => onAll(async (server) => server.command('SAVE')),
    failOver: async () => {
      await onAll(async (server) => server.kill());
      await onAll(async (server) => server.start());
      await onAll(async (server) => server.says(/Cluster state changed: ok/));
    },
  };
});

it('redisEngine keeps everything of a cluster in the slot of its prefix', async () => {
  const { engine, sessions } = await node({ connect: () => connect('{slot}:') }, 'a#1');
  const changes = [put('s', { principal: 'ann' }), row(1)];
  await sessions.write('a#1', [birth('s', 10, ...changes), birth('t', 10, remove('over'))]);
  await engine.space('handles').write('a#1', [birth('s', 10, ...changes)]);
  const found = await Promise.all(
    cluster.servers.map(async (server) => server.command('KEYS', '*{slot}:*')),
  );
  const keys = found.filter((each) => (each as unknown[]).length > 0);
  expect(keys).toHaveLength(1);
  expect((keys[0] as unknown[]).length).toBe(14);
});

it('redisEngine refuses a prefix without a hash tag in a Redis Cluster', async () => {
  const joined = connect('mcpa:').join('a#1', LEASE_MS, ABOUT);
  const message = expect.stringContaining('{mcpa}:') as string;
  await expect(joined).rejects.toMatchObject({ code: 'store-unfit', message });
});
