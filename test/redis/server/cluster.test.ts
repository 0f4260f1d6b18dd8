import type { Cluster } from 'ioredis';
import { redisStore } from 'mcp-actors/redis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { durableContract } from '../../store/durableContract.ts';
import { RedisClusterOfTest } from '../../support/redisCluster.ts';
import { sessionRecord } from '../../support/sessionRecord.ts';

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
const unfit = { code: 'store-unfit', message: expect.stringContaining('{mcpa}:') as string };

durableContract('redisStore in a Redis Cluster', () => {
  const prefix = `{home${homes++}}:`;
  const open = async () => {
    const store = redisStore({ client, prefix });
    onTestFinished(() => store.close());
    return store;
  };
  return { open, reopen: open };
});

it('redisStore keeps everything of a store in the slot of its prefix', async () => {
  const prefix = `{slot}:`;
  const store = redisStore({ client, prefix });
  onTestFinished(() => store.close());
  await store.write([{ type: 'put', record: sessionRecord({ id: 'a', principal: 'ann' }) }]);
  const found = await Promise.all(
    cluster.servers.map(async (server) => server.command('KEYS', `${prefix}*`)),
  );
  expect(found.filter((keys) => (keys as unknown[]).length > 0)).toHaveLength(1);
});

it('redisStore refuses a prefix without a hash tag in a Redis Cluster, by a client or a URL', async () => {
  const stores = [redisStore({ client }), redisStore({ url: cluster.servers[0]!.url })];
  for (const store of stores) {
    onTestFinished(() => store.close());
    await expect(store.ready()).rejects.toMatchObject({ code: expect.stringMatching(/^store-/) });
  }
  await expect(stores[0]!.get('a')).rejects.toMatchObject(unfit);
});
