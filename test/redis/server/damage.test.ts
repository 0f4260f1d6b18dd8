import { describe, expect, it } from 'vitest';
import { RedisServer } from '../../support/redisServer.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { put, row, watched } from './rig.ts';

const corrupt = { code: 'record-corrupt' };
const SECRET = 'a secret of 32 characters or so.';

async function onlyKey(server: RedisServer, pattern: string): Promise<string> {
  const [key, ...others] = (await server.command('KEYS', pattern)) as string[];
  expect(others).toEqual([]);
  return key!;
}

describe.each([['plain'], ['sealed']])('%s: what was damaged in Redis', (kind) => {
  const options = kind === 'sealed' ? { secret: SECRET } : {};

  it.each([0, 1, 5, 9, 20, 60, -1])('a record with byte %d changed is corrupt once', async (at) => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url, options);
    await store.write([put('a', { principal: 'ann' }), row('a', 1)]);
    const key = await onlyKey(server, 'mcpa:{*}s');
    const bytes = await server.bytes('GET', key);
    bytes[at < 0 ? bytes.length + at : at]! ^= 4;
    await server.command('SET', key, bytes);
    const error = await Promise.resolve(store.get('a')).catch((each: unknown) => each);
    // The id of the key that sealed it is one of the bytes.
    const isOtherKey = kind === 'sealed' && at === 1;
    expect(error).toMatchObject(isOtherKey ? { code: 'secret-unknown' } : corrupt);
    if (isOtherKey) return;
    expect(await store.get('a')).toBeUndefined();
    expect(await store.rows('a')).toEqual([]);
    expect([await store.count(), await store.count('ann')]).toEqual([0, 0]);
    const [aside] = (await server.command('LRANGE', 'mcpa:aside', 0, -1)) as string[];
    expect(aside).toContain(key.slice('mcpa:{'.length, -2));
  });

  it('a row takes the rows of its session along, and not the record', async () => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url, options);
    await store.write([put('a'), row('a', 1), row('a', 2)]);
    await server.command('HSET', await onlyKey(server, 'mcpa:{*}r'), 2, 'what is this');
    await expect(store.rows('a')).rejects.toMatchObject(corrupt);
    expect(await store.rows('a')).toEqual([]);
    expect(await store.get('a')).toMatchObject({ id: 'a' });
    expect(await server.command('LLEN', 'mcpa:aside')).toBe(1);
  });

  it('is left out of lists, and leaves them', async () => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url, { ...options, maxAside: 2 });
    await store.write(['a', 'b', 'c', 'd', 'e'].map((id) => put(id, { expiresAt: 5 })));
    const keys = (await server.command('KEYS', 'mcpa:{*}s')) as string[];
    for (const key of keys.slice(1, 4)) await server.command('SET', key, 'damaged');
    expect(await store.due(9, 10)).toHaveLength(2);
    expect((await store.page({ limit: 2 })).records).toHaveLength(2);
    await expect.poll(async () => store.count()).toBe(2);
    // The oldest make room.
    expect(await server.command('LLEN', 'mcpa:aside')).toBe(2);
  });

  it('is not put aside where something else is in its place by then', async () => {
    const server = await RedisServer.ofTest();
    const proxy = await TcpProxy.to(server.port);
    const { store } = watched(proxy.url, options);
    await store.write([put('a', { epoch: 1 })]);
    const key = await onlyKey(server, 'mcpa:{*}s');
    const bytes = await server.bytes('GET', key);
    await server.command('SET', key, 'damaged');
    proxy.onAnswer = (answer, near) => {
      if (!answer.includes('damaged')) return false;
      void server.command('SET', key, bytes).then(() => near.write(answer));
      return true;
    };
    await expect(store.get('a')).rejects.toMatchObject(corrupt);
    expect(await store.get('a')).toMatchObject({ epoch: 1 });
    expect(await server.command('LLEN', 'mcpa:aside')).toBe(0);
  });
});

describe('formats', () => {
  it('a store of a newer release is refused, and kept', async () => {
    const server = await RedisServer.ofTest();
    const first = watched(server.url).store;
    await first.write([put('a')]);
    await first.close();
    await server.command('HSET', 'mcpa:store', 'versions', '1,99,15');
    const message = expect.stringContaining('newer release') as string;
    const refused = { code: 'store-unavailable', message };
    await expect(watched(server.url).store.ready()).rejects.toMatchObject(refused);
    expect(await server.command('EXISTS', 'mcpa:due')).toBe(1);
  });
});
