import { describe, expect, it } from 'vitest';
import { RedisServer } from '../../support/redisServer.ts';
import { put, row, watched } from './rig.ts';

const OLD = 'an old secret of 32 characters!!';
const NEW = 'a new secret of 32 characters!!!';
const id = 'the-session-id-which-is-a-secret';
const principal = 'ann@example.com';
const state = { word: 'a word of the state' };
const unknown = { code: 'secret-unknown' };
const corrupt = { code: 'record-corrupt' };

/** Every key with all that is in it, as text. */
async function everything(server: RedisServer): Promise<string> {
  const keys = (await server.command('KEYS', '*')) as string[];
  const dumps = await Promise.all(
    keys.map(async (key) => {
      const type = String(await server.command('TYPE', key));
      const read = { hash: ['HGETALL'], zset: ['ZRANGE', 0, -1], list: ['LRANGE', 0, -1] }[type];
      const [name, ...rest] = (read ?? ['GET']) as [string, ...number[]];
      return `${key} ${JSON.stringify(await server.command(name, key, ...rest))}`;
    }),
  );
  return dumps.join('\n');
}

const words = [put(id, { principal, state }), row(id, 1)];

describe('a sealed store', () => {
  it('shows Redis no id, no principal, no state and no event', async () => {
    const server = await RedisServer.ofTest();
    const plain = watched(server.url, { prefix: 'plain:' }).store;
    await plain.write(words);
    const readable = await everything(server);
    await server.command('FLUSHALL');
    const { store } = watched(server.url, { secret: NEW });
    await store.write(words);
    const sealed = await everything(server);
    for (const secret of [id, principal, state.word, 'row 1']) {
      expect(sealed).not.toContain(secret);
      expect(sealed).not.toContain(Buffer.from(secret, 'utf16le').toString());
    }
    // As it would be shown: without a secret, all but names of keys is.
    for (const shown of [id, principal, state.word, 'row 1']) expect(readable).toContain(shown);
    expect(await store.get(id)).toMatchObject({ principal, state });
    expect(await store.rows(id)).toEqual([{ n: 1, row: 'row 1' }]);
  });

  it('opens with no other secret and with none, and keeps what it has', async () => {
    const server = await RedisServer.ofTest();
    const first = watched(server.url, { secret: OLD }).store;
    await first.write(words);
    await first.close();
    for (const options of [{ secret: NEW }, {}]) {
      const { store } = watched(server.url, options);
      await expect(store.ready()).rejects.toMatchObject(unknown);
      await expect(store.get(id)).rejects.toMatchObject(unknown);
    }
    const again = watched(server.url, { secret: OLD }).store;
    expect(await again.get(id)).toMatchObject({ principal });
  });

  it('is not made of one that was not', async () => {
    const server = await RedisServer.ofTest();
    const first = watched(server.url).store;
    await first.write(words);
    await first.close();
    await expect(watched(server.url, { secret: NEW }).store.ready()).rejects.toMatchObject(unknown);
  });

  it('takes another secret beside the one before, and then in its place', async () => {
    const server = await RedisServer.ofTest();
    const open = (secret: string | string[]) => watched(server.url, { secret });
    const first = open(OLD).store;
    await first.write([...words, put('b')]);
    await first.close();
    const both = open([NEW, OLD]).store;
    expect(await both.get(id)).toMatchObject({ principal });
    await both.write(words);
    await both.close();
    const { store, failures } = open(NEW);
    expect(await store.get(id)).toMatchObject({ principal });
    expect(await store.rows(id)).toHaveLength(1);
    // Still sealed with the old one: neither read nor removed.
    await expect(store.get('b')).rejects.toMatchObject(unknown);
    expect((await store.page({ limit: 9 })).records).toHaveLength(1);
    expect(failures).toEqual([expect.objectContaining(unknown)]);
    await store.close();
    expect(await open([NEW, OLD]).store.get('b')).toMatchObject({ id: 'b' });
  });

  it('opens nothing in the place of something else, and nothing that was changed', async () => {
    const server = await RedisServer.ofTest();
    const { store } = watched(server.url, { secret: NEW });
    await store.write([put('a'), put('b')]);
    const records = (await server.command('KEYS', 'mcpa:{*}s')) as string[];
    const [one, other] = records as [string, string];
    await server.command('COPY', one, other, 'REPLACE');
    const gets = await Promise.allSettled(['a', 'b'].map(async (each) => store.get(each)));
    expect(gets.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);

    await store.write([put('c'), row('c', 1), row('c', 2)]);
    const keys = (await server.command('KEYS', 'mcpa:{*}r')) as string[];
    for (const key of keys) {
      await server.command('HSET', key, '1', await server.bytes('HGET', key, '2'));
    }
    await expect(store.rows('c')).rejects.toMatchObject(corrupt);
    expect(await store.rows('c')).toEqual([]);
  });
});
