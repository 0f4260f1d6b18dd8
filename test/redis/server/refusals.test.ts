import { createServer } from 'node:net';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisServer } from '../../support/redisServer.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { put, row, watched } from './rig.ts';

const unavailable = { code: 'store-unavailable' };
const because = (word: string): object => ({
  ...unavailable,
  cause: expect.objectContaining({ message: expect.stringContaining(word) as string }) as unknown,
});

/** What came of it, whatever that is. */
async function outcome(asked: unknown): Promise<unknown> {
  return Promise.resolve(asked).catch((error: unknown) => error);
}

describe('a Redis that is full', () => {
  it('refuses writes whole, is read on, forgets what ends, and takes writes when there is room', async () => {
    const server = await RedisServer.ofTest('--maxmemory-policy', 'noeviction');
    const { store, failures } = watched(server.url);
    await store.write([put('a'), row('a', 1), put('b')]);
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    const refused = store.write([{ type: 'remove', id: 'a' }, put('b', { epoch: 2 })]);
    await expect(refused).rejects.toMatchObject(because('OOM'));
    await expect(store.write([row('a', 2)])).rejects.toMatchObject(because('OOM'));
    expect(await store.get('b')).toMatchObject({ epoch: 1 });
    expect(await store.rows('a')).toHaveLength(1);
    // What takes room and what makes room are not one script.
    const together = [store.write([put('c')]), store.write([{ type: 'remove', id: 'a' }])];
    const outcomes = await Promise.all(together.map(outcome));
    expect(outcomes).toEqual([expect.objectContaining(unavailable), undefined]);
    expect(await store.count()).toBe(1);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await store.write([put('b', { epoch: 3 })]);
    expect(await store.get('b')).toMatchObject({ epoch: 3 });
    expect(failures).toEqual([]);
  });
});

describe('a Redis that may evict any key', () => {
  const evicting = ['--maxmemory-policy', 'allkeys-lru'];
  const unfit = {
    code: 'store-unfit',
    message: expect.stringContaining('allkeys-lru') as string,
  };

  it('is refused, and used once it may not', async () => {
    const server = await RedisServer.ofTest(...evicting);
    const { store } = watched(server.url);
    await expect(store.ready()).rejects.toMatchObject(unfit);
    await expect(store.write([put('a')])).rejects.toMatchObject(unfit);
    expect(await server.command('DBSIZE')).toBe(0);
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    await store.write([put('a')]);
    expect(await store.count()).toBe(1);
  });

  it('is noticed when a fresh connection leads to one', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    const { store } = watched(proxy.url);
    await store.write([put('a')]);
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    proxy.cut();
    await expect.poll(async () => outcome(store.get('a'))).toMatchObject(unfit);
  });

  it('is used by allowEviction: what it evicted is record-corrupt once, and told of by lists', async () => {
    const server = await RedisServer.ofTest(...evicting);
    const { store, failures } = watched(server.url, { allowEviction: true });
    await store.write(['a', 'b', 'c'].map((id) => put(id, { principal: 'ann' })));
    const keys = (await server.command('KEYS', 'mcpa:{*}s')) as string[];
    // As eviction would.
    for (const key of keys) await server.command('DEL', key);
    const corrupt = { code: 'record-corrupt' };
    await expect(store.get('a')).rejects.toMatchObject(corrupt);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.due(Infinity, 10)).toEqual([]);
    await expect.poll(() => failures).toHaveLength(2);
    expect(failures).toEqual([expect.objectContaining(corrupt), expect.objectContaining(corrupt)]);
    expect([await store.count(), await store.count('ann')]).toEqual([0, 0]);
  });
});

it('a Redis that is too old is refused', async () => {
  const server = await RedisServer.ofTest();
  const proxy = await TcpProxy.to(server.port);
  // Of the same length, so that the answer stays whole.
  const [, version = ''] = /redis_version:(\S+)/.exec(String(await server.command('INFO')))!;
  proxy.onAnswer = (bytes, near) => {
    const text = bytes.toString('latin1');
    const older = text.replace(version, `6.2${'.'.padEnd(version.length - 3, '0')}`);
    near.write(Buffer.from(older, 'latin1'));
    return true;
  };
  const { store } = watched(proxy.url);
  const message = expect.stringMatching(/^Redis 6\.2\S* is too old/) as string;
  await expect(store.ready()).rejects.toMatchObject({ code: 'store-unfit', message });
  expect(await server.command('DBSIZE')).toBe(0);
});

describe('what an error tells', () => {
  it('is no password and nothing that is stored, however it is looked at', async () => {
    const server = await RedisServer.ofTest();
    await server.command('ACL', 'SETUSER', 'ann', 'on', '>right', '~*', '+@all');
    const wrong = watched(server.url.replace('//', '//ann:a-wrong-password@')).store;
    const right = watched(server.url.replace('//', '//ann:right@')).store;
    await right.ready();
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    const errors = [
      await outcome(wrong.get('a')),
      await outcome(right.write([put('a', { state: 'a-word-of-the-state' })])),
    ];
    const seen = inspect(errors, { depth: 20, showHidden: true, maxStringLength: null });
    expect(seen).toContain('WRONGPASS');
    expect(seen).toContain('OOM');
    expect(seen).not.toMatch(/a-wrong-password|a-word-of-the-state/);
  });
});

describe('a Redis that lets nobody write', () => {
  it('because it is a replica: says so, and is used when it is the master', async () => {
    const master = await RedisServer.ofTest();
    const replica = await RedisServer.ofTest('--replicaof', `127.0.0.1 ${master.port}`);
    await replica.says(/MASTER <-> REPLICA sync: Finished with success/);
    const { store } = watched(replica.url);
    await expect(store.ready()).rejects.toMatchObject(because('READONLY'));
    await replica.command('REPLICAOF', 'NO', 'ONE');
    await expect.poll(async () => outcome(store.write([put('a')]))).toBeUndefined();
    await replica.command('REPLICAOF', '127.0.0.1', master.port);
    await expect(store.write([put('b')])).rejects.toMatchObject(unavailable);
  });

  it('because its disk fails', async () => {
    const server = await RedisServer.ofTest('--save', '3600 1');
    const { store } = watched(server.url);
    await store.write([put('a')]);
    rmSync(server.folder, { recursive: true });
    await server.command('BGSAVE');
    const status = async () => String(await server.command('INFO', 'persistence'));
    await expect.poll(status).toMatch(/rdb_last_bgsave_status:err/);
    await expect(store.write([put('a')])).rejects.toMatchObject(because('MISCONF'));
    expect(await store.get('a')).toMatchObject({ id: 'a' });
  });

  it('without the right password: at once, whatever timeoutMs says', async () => {
    const server = await RedisServer.ofTest('--requirepass', 'right');
    const none = watched(server.url, { timeoutMs: 60_000 }).store;
    await expect(none.get('a')).rejects.toMatchObject(because('NOAUTH'));
    const wrong = watched(server.url.replace('//', '//:wrong@'), { timeoutMs: 60_000 }).store;
    await expect(wrong.get('a')).rejects.toMatchObject(because('WRONGPASS'));
    const right = watched(server.url.replace('//', '//:right@')).store;
    await right.write([put('a')]);
    expect(await right.count()).toBe(1);
    for (const each of [none, wrong]) await each.close();
  });

  it('who is a user that may not do what a store needs', async () => {
    const server = await RedisServer.ofTest();
    await server.command('ACL', 'SETUSER', 'ann', 'on', '>pass', '~other:*', '+@all');
    const url = server.url.replace('//', '//ann:pass@');
    await expect(watched(url).store.get('a')).rejects.toMatchObject(because('NOPERM'));
    const own = watched(url, { prefix: 'other:' }).store;
    await own.write([put('a'), row('a', 1)]);
    expect(await own.rows('a')).toHaveLength(1);
  });
});

describe('what is no Redis', () => {
  it('and answers as a web server would: store-unavailable, and used when Redis is there', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    proxy.answer = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';
    const { store } = watched(proxy.url, { timeoutMs: 500 });
    await expect(store.get('a')).rejects.toMatchObject(because('Unknown RESP type'));
    proxy.answer = undefined;
    await store.write([put('a')]);
    // In the middle of its work, too.
    proxy.answer = '\0\xff\xfe what is this';
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    proxy.answer = undefined;
    expect(await store.get('a')).toMatchObject({ id: 'a' });
  });

  it.each([
    '+OK\r\n',
    ':1\r\n',
    '*-1\r\n',
    '*0\r\n',
    '*1\r\n*0\r\n',
    '$-1\r\n',
    '*2\r\n+held\r\n:1\r\n',
  ])('and answers everything with %j: store-unavailable', async (answer) => {
    const deaf = createServer((socket) => {
      socket
        .on('error', () => {})
        .on('data', (bytes) => {
          // One answer for each command.
          const commands = String(bytes).match(/(?:^|\r\n)\*\d+\r\n/g)?.length ?? 0;
          socket.write(answer.repeat(commands));
        });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void deaf.close());
    await once(deaf, 'listening');
    const { port } = deaf.address() as { port: number };
    const { store } = watched(`redis://127.0.0.1:${port}`, { timeoutMs: 500 });
    const calls = [store.get('a'), store.write([put('a')]), store.count(), store.rows('a')];
    for (const call of calls) expect(await outcome(call)).toMatchObject(unavailable);
  });
});

describe('what is too much', () => {
  it('for one record is state-too-large, and all of its write is refused', async () => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url, { maxRecordBytes: 5000 });
    const large = put('secret', { key: 'large', state: 'x'.repeat(10_000) });
    const error = await outcome(store.write([put('b'), large]));
    expect(error).toMatchObject({ code: 'state-too-large' });
    expect(String(error)).toMatch(/The record of session large has 10\d\d\d bytes, .*\(5000\)$/);
    expect(String(error)).not.toContain('secret');
    expect(await store.count()).toBe(0);
  });

  it('to wait is store-unavailable, and taken once there is room', async () => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url, { maxWaitingBytes: 5000 });
    const state = 'x'.repeat(3000);
    const asked = ['a', 'b', 'c'].map(async (id) => store.write([put(id, { state })]));
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(results[1]).toMatchObject({ reason: unavailable });
    await store.write([put('b', { state })]);
    expect(await store.count()).toBe(2);
  });
});
