import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RedisServer } from '../../support/redisServer.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { erase, put, row, watched } from './rig.ts';

const unavailable = { code: 'store-unavailable' };
/** Everything that was acknowledged is in the file. */
const ON_DISK = ['--appendonly', 'yes', '--appendfsync', 'always'];

describe('a Redis that is gone', () => {
  it('is store-unavailable within timeoutMs, says why, and is used as soon as it is there', async () => {
    const server = await RedisServer.ofTest();
    await server.kill();
    const { store } = watched(server.url, { timeoutMs: 1000 });
    const refused = expect.objectContaining({ code: 'ECONNREFUSED' }) as unknown;
    await expect(store.ready()).rejects.toMatchObject({ ...unavailable, cause: refused });
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    await expect(store.write([put('a')])).rejects.toMatchObject(unavailable);
    await server.start();
    await store.write([put('a')]);
    expect(await store.get('a')).toMatchObject({ id: 'a' });
  });

  it('comes back within timeoutMs: whoever asked meanwhile is answered, and nothing is lost', async () => {
    const server = await RedisServer.ofTest(...ON_DISK);
    const { store, failures } = watched(server.url, { timeoutMs: 20_000 });
    await store.write([put('a', { epoch: 1 }), row('a', 1)]);
    await server.kill();
    const asked = Promise.all([
      store.get('a'),
      store.write([put('a', { epoch: 2 }), row('a', 2)]),
      store.count(),
    ]);
    await server.start();
    expect(await asked).toEqual([expect.objectContaining({ id: 'a' }), undefined, 1]);
    expect(await store.get('a')).toMatchObject({ epoch: 2 });
    expect(await store.rows('a')).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  it('was killed while many writes were under way: each that was acknowledged is there', async () => {
    const server = await RedisServer.ofTest(...ON_DISK);
    const { store } = watched(server.url, { timeoutMs: 1000 });
    await store.ready();
    let acknowledged = 0;
    const writing = (async () => {
      for (let epoch = 1; ; epoch++) {
        await store.write([put('a', { epoch }), row('a', epoch), erase('a', epoch - 1)]);
        acknowledged = epoch;
      }
    })().catch((error: unknown) => error);
    await expect.poll(() => acknowledged).toBeGreaterThan(100);
    await server.kill();
    expect(await writing).toMatchObject(unavailable);
    await server.start();
    const { epoch } = (await store.get('a'))!;
    // The last one was made or was not; nobody was told.
    expect([acknowledged, acknowledged + 1]).toContain(epoch);
    expect((await store.rows('a')).map(({ n }) => n)).toEqual([epoch]);
  });
});

describe('a Redis that is slow', () => {
  it('is store-unavailable after timeoutMs where it answers nothing, and nothing piles up', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    const { store } = watched(proxy.url, { timeoutMs: 200 });
    await store.write([put('a')]);
    server.freeze();
    const asked = Array.from({ length: 500 }, async (_, n) => store.get(`${n}`));
    for (const each of await Promise.allSettled(asked)) {
      expect(each).toMatchObject({ status: 'rejected', reason: unavailable });
    }
    await expect(store.write([put('a', { epoch: 2 })])).rejects.toMatchObject(unavailable);
    server.thaw();
    await expect.poll(async () => store.get('a')).toMatchObject({ id: 'a' });
    // What was given up is not asked again.
    const stats = String(await server.command('INFO', 'commandstats'));
    const calls = Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
    expect(calls).toBeLessThan(600);
    await store.write([put('a', { epoch: 3 })]);
    expect(await store.get('a')).toMatchObject({ epoch: 3 });
  });

  it('is waited for where answers come, however late', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    const { store } = watched(proxy.url);
    await store.ready();
    const late: (() => void)[] = [];
    proxy.onAnswer = (bytes, near) => late.push(() => near.write(bytes)) > 0;
    const writes = Promise.all(['a', 'b', 'c'].map(async (id) => store.write([put(id)])));
    await expect.poll(() => late.length).toBe(1);
    proxy.onAnswer = () => false;
    late[0]!();
    await writes;
    expect(await store.count()).toBe(3);
  });
});

describe('a connection that breaks', () => {
  it('after a write was made and before that was said: it is asked again, and made once', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    const { store } = watched(proxy.url);
    await store.write([put('a')]);
    let lost = 0;
    proxy.onAnswer = (_bytes, near) => {
      lost++;
      proxy.onAnswer = () => false;
      near.destroy();
      return true;
    };
    await store.write([put('a', { epoch: 2 })]);
    expect(lost).toBe(1);
    expect(await store.get('a')).toMatchObject({ epoch: 2 });
    expect(String(await server.command('HGET', 'mcpa:store', 'w'))).toBe('2');
  });

  it('with a write on its way, that comes after its successor, and does nothing then', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    const { store } = watched(proxy.url, { timeoutMs: 1000 });
    await store.write([put('a', { epoch: 1 }), put('b')]);
    const held: { bytes: Buffer; far: Socket }[] = [];
    proxy.onRequest = (bytes, _near, far) => held.push({ bytes, far }) > 0;
    const old = store.write([put('a', { epoch: 2 }), { type: 'remove', id: 'b' }]);
    await expect(old).rejects.toMatchObject(unavailable);
    proxy.onRequest = () => false;
    await store.write([put('a', { epoch: 3 })]);
    // A second connection of somebody who has the first one's bytes.
    const { Socket: Late } = await import('node:net');
    const late = new Late().connect(server.port, '127.0.0.1');
    const answered = new Promise<string>((resolve) => {
      late.on('data', (answer) => resolve(String(answer)));
    });
    late.write(held[0]!.bytes);
    expect(await answered).toMatch(/held/);
    late.destroy();
    expect(await store.get('a')).toMatchObject({ epoch: 3 });
    expect(await store.get('b')).toMatchObject({ id: 'b' });
  });
});

describe('a script that Redis does not know any more', () => {
  it('is sent again whole', async () => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url);
    await store.write([put('a')]);
    await server.command('SCRIPT', 'FLUSH');
    const asked = ['b', 'c', 'd'].map(async (id) => store.write([put(id)]));
    await Promise.all([...asked, store.get('a'), store.rows('a'), store.due(Infinity, 9)]);
    expect(await store.count()).toBe(4);
  });
});
