import { Redis } from 'ioredis';
import { type Checkup, doctor, redisStore } from 'mcp-actors/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisClusterOfTest } from '../../support/redisCluster.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { put, watched } from './rig.ts';

/** The level of each thing that was looked at. */
function levels({ findings }: Checkup): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, level }) => [check, level]));
}

const GOOD = {
  version: 'ok',
  role: 'ok',
  eviction: 'ok',
  memory: 'note',
  persistence: 'ok',
  disk: 'ok',
  replicas: 'note',
  commands: 'ok',
  'round trip': expect.stringMatching(/ok|note|warning/) as string,
  login: 'ok',
  messages: 'ok',
};

describe('doctor', () => {
  it('finds a Redis fit that is, and leaves nothing behind', async () => {
    const server = await RedisServer.ofTest('--appendonly', 'yes');
    const checkup = await doctor({ url: server.url });
    expect(levels(checkup)).toEqual(GOOD);
    expect(checkup.isFit).toBe(true);
    expect(await server.command('KEYS', 'mcpa:*[^0-9a-z]store')).toEqual([]);
    expect(await server.command('DBSIZE')).toBe(0);
  });

  it('looks at a Redis in use and disturbs nobody', async () => {
    const server = await RedisServer.ofTest();
    const { store, failures } = watched(server.url);
    await store.write([put('a')]);
    expect(await doctor({ url: server.url })).toMatchObject({ isFit: true });
    expect(await store.get('a')).toMatchObject({ id: 'a' });
    expect(failures).toEqual([]);
  });

  it('refuses what redisStore refuses, and says why', async () => {
    const server = await RedisServer.ofTest('--maxmemory-policy', 'allkeys-lru');
    const checkup = await doctor({ url: server.url });
    expect(checkup.isFit).toBe(false);
    expect(levels(checkup)).toMatchObject({ eviction: 'refused', commands: 'ok' });
    const store = redisStore({ url: server.url });
    await expect(store.ready()).rejects.toMatchObject({ code: 'store-unfit' });
    await store.close();
  });

  it('says what a user may not do', async () => {
    const server = await RedisServer.ofTest();
    await server.command('ACL', 'SETUSER', 'ann', 'on', '>p', '~*', '+@all', '-info', '-config');
    await server.command('ACL', 'SETUSER', 'ann', '-publish');
    const url = server.url.replace('//', '//ann:p@');
    const checkup = await doctor({ url });
    expect(levels(checkup)).toMatchObject({ version: 'warning', commands: 'ok', messages: 'note' });
    await server.command('ACL', 'SETUSER', 'ann', '-zadd');
    const refused = await doctor({ url });
    expect(refused.isFit).toBe(false);
    const commands = refused.findings.find(({ check }) => check === 'commands');
    expect(commands).toMatchObject({
      level: 'refused',
      says: expect.stringMatching(
        /^Redis does not permit what a store needs.*this command/,
      ) as string,
    });
  });

  it('looks at a replica, a full Redis, a Redis Cluster, and by a client', async () => {
    const master = await RedisServer.ofTest();
    const replica = await RedisServer.ofTest('--replicaof', `127.0.0.1 ${master.port}`);
    await replica.says(/MASTER <-> REPLICA sync: Finished with success/);
    const looked = await doctor({ url: replica.url });
    expect(levels(looked)).toMatchObject({ role: 'refused', commands: 'refused' });
    const client = new Redis(master.url);
    onTestFinished(() => client.disconnect());
    expect(levels(await doctor({ client }))).toMatchObject({ role: 'ok', replicas: 'ok' });
    await master.command('CONFIG', 'SET', 'maxmemory', '1');
    const full = levels(await doctor({ client }));
    expect(full).toMatchObject({ memory: 'warning', commands: 'refused' });
  });

  it('looks at a Redis Cluster, where the prefix decides', async () => {
    const cluster = await RedisClusterOfTest.start(2);
    onTestFinished(() => cluster.end());
    const client = cluster.client();
    onTestFinished(() => client.disconnect());
    expect(await doctor({ client, prefix: '{mcpa}:' })).toMatchObject({ isFit: true });
    const untagged = await doctor({ client });
    expect(levels(untagged)).toMatchObject({ commands: 'refused', version: 'ok' });
  });

  it('rejects where there is no Redis, and refuses what makes no sense', async () => {
    const gone = await RedisServer.ofTest();
    await gone.kill();
    const unavailable = { code: 'store-unavailable' };
    await expect(doctor({ url: gone.url, timeoutMs: 200 })).rejects.toMatchObject(unavailable);
    const wrong = { url: gone.url, prefx: 'a:' };
    await expect(doctor(wrong)).rejects.toMatchObject({ code: 'bad-option' });
    await expect(doctor({})).rejects.toMatchObject({ code: 'bad-option' });
  });
});
