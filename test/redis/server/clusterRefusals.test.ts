import { redisStore } from 'mcp-actors/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../../src/cluster/engine.ts';
import { redisEngine } from '../../../src/redis/cluster/redisEngine.ts';
import {
  ABOUT,
  asleep,
  birth,
  byClaim,
  held,
  LEASE_MS,
  node,
  owned,
  print,
  put,
  remove,
  row,
} from '../../cluster/engineRig.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { put as putIn } from './rig.ts';

const unavailable = { code: 'store-unavailable' };
const because = (word: string): object => ({
  ...unavailable,
  cause: expect.objectContaining({ message: expect.stringContaining(word) as string }) as unknown,
});

function engineAt(url: string, prefix = 'mcpa:'): Engine {
  const engine = redisEngine({ url, prefix, timeoutMs: 2000 });
  onTestFinished(() => engine.close());
  return engine;
}

describe('redisEngine refuses at join', () => {
  it.each(['allkeys-lru', 'volatile-ttl'])('a Redis that may evict by %s', async (policy) => {
    const server = await RedisServer.ofTest('--maxmemory-policy', policy);
    const engine = engineAt(server.url);
    const message = expect.stringContaining(policy) as string;
    const unfit = { code: 'store-unfit', message };
    await expect(engine.join('a#1', LEASE_MS, ABOUT)).rejects.toMatchObject(unfit);
    await expect(engine.renew('a#1', LEASE_MS, ABOUT)).rejects.toMatchObject(unfit);
    expect(await server.command('DBSIZE')).toBe(0);
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(await engine.join('a#1', LEASE_MS, ABOUT)).toMatchObject({ isKept: true });
  });

  it('a Redis that does not say which one it is', async () => {
    const server = await RedisServer.ofTest();
    await server.command('ACL', 'SETUSER', 'ann', 'on', '>pass', '~*', '+@all', '-info');
    const engine = engineAt(server.url.replace('//', '//ann:pass@'));
    const joined = engine.join('a#1', LEASE_MS, ABOUT);
    await expect(joined).rejects.toMatchObject({ code: 'store-unfit' });
  });

  it('a prefix below which a store is, and a store refuses one of a cluster', async () => {
    const server = await RedisServer.ofTest();
    const storeAt = (prefix: string) => {
      const store = redisStore({ url: server.url, prefix, timeoutMs: 2000 });
      onTestFinished(() => store.close());
      return store;
    };
    await storeAt('store:').write([putIn('a')]);
    const engine = engineAt(server.url, 'store:');
    await expect(engine.join('a#1', LEASE_MS, ABOUT)).rejects.toMatchObject(unavailable);
    await expect(engine.renew('a#1', LEASE_MS, ABOUT)).rejects.toMatchObject(unavailable);
    expect(await engine.leftMs('a#1')).toBe(0);
    await engineAt(server.url, 'cluster:').join('a#1', LEASE_MS, ABOUT);
    await expect(storeAt('cluster:').ready()).rejects.toMatchObject(unavailable);
  });

  it('a user that may not, a replica, and options that are none', async () => {
    const server = await RedisServer.ofTest();
    await server.command('ACL', 'SETUSER', 'ann', 'on', '>pass', '~other:*', '+@all');
    const user = engineAt(server.url.replace('//', '//ann:pass@'));
    await expect(user.join('a#1', LEASE_MS, ABOUT)).rejects.toMatchObject(because('NOPERM'));
    const replica = await RedisServer.ofTest('--replicaof', `127.0.0.1 ${server.port}`);
    await replica.says(/MASTER <-> REPLICA sync: Finished with success/);
    const joined = engineAt(replica.url).join('a#1', LEASE_MS, ABOUT);
    await expect(joined).rejects.toMatchObject(because('READONLY'));
    const bad = { code: 'bad-option' };
    expect(() => redisEngine({ prefix: 'p:', timeoutMs: 1 })).toThrow(expect.objectContaining(bad));
    const { url } = server;
    expect(() => redisEngine({ url, prefix: '', timeoutMs: 1 })).toThrow(
      expect.objectContaining(bad),
    );
  });
});

describe('a Redis that is full', () => {
  it('refuses what takes room, whole; leases, claims, releases and removals go on', async () => {
    const server = await RedisServer.ofTest('--maxmemory-policy', 'noeviction');
    const a = await node({ connect: () => engineAt(server.url) }, 'a#1');
    const { sessions } = a;
    await sessions.write('a#1', [birth('s', 10), birth('t', 10)]);
    await asleep(a, 'free');
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    const refused = sessions.write('a#1', [
      byClaim('s', 10, 2, put('two'), row(1)),
      byClaim('t', 10, 2, row(1)),
    ]);
    await expect(refused).rejects.toMatchObject(because('OOM'));
    expect(await held(sessions, 's')).toEqual({ record: 's', rows: {} });
    expect(await a.engine.renew('a#1', LEASE_MS, ABOUT)).toMatchObject({ isKept: true });
    expect(await a.engine.join('a#2', LEASE_MS, ABOUT)).toMatchObject({ isKept: true });
    expect(await sessions.claim(print('free'), 'a#1', 0)).toMatchObject({ is: 'ours' });
    expect(await sessions.release('a#1', owned('t', 10, 1))).toBe('done');
    expect(await sessions.reassert('a#1', [owned('t', 10, 1)])).toEqual(['ours']);
    const removal = byClaim('s', 10, 2, remove('full'));
    expect(await sessions.write('a#1', [removal])).toEqual(['done']);
    expect(await sessions.count()).toBe(2);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await sessions.write('a#1', [byClaim('t', 10, 2, put('two'))])).toEqual(['done']);
  });
});
