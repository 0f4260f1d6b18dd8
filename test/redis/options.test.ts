import { Redis } from 'ioredis';
import { redisStore, type RedisStoreOptions } from 'mcp-actors/redis';
import { describe, expect, it } from 'vitest';

const url = 'redis://localhost';

describe('redisStore', () => {
  it.each<[string, unknown]>([
    ['prefix', ''],
    ['prefix', 'with space'],
    ['prefix', 'x'.repeat(65)],
    ['prefix', 5],
    ['secret', 'too short'],
    ['secret', ['s'.repeat(32), 'too short']],
    ['secret', 5],
    ['timeoutMs', 0],
    ['timeoutMs', Infinity],
    ['leaseMs', -1],
    ['leaseMs', '5000'],
    ['maxRecordBytes', 0],
    ['maxWaitingBytes', 1.5],
    ['maxRememberedBytes', -1],
    ['maxAside', Infinity],
    ['allowEviction', 'yes'],
    ['migrate', 'x'],
  ])('refuses %s: %j before anything is connected', (name, value) => {
    // What the types forbid is what is tested.
    const options = { url, [name]: value } as RedisStoreOptions;
    expect(() => redisStore(options)).toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringContaining(name) }),
    );
  });

  it.each([
    {},
    { url: 'localhost:6379' },
    { url: 'http://localhost' },
    { url: '' },
    { client: {} },
    { client: null },
  ])('refuses an address that is none: %j', (options) => {
    const refused = expect.objectContaining({ code: 'bad-option' }) as Error;
    expect(() => redisStore(options as RedisStoreOptions)).toThrow(refused);
  });

  it('refuses both, and tells no password', () => {
    const client = new Redis({ lazyConnect: true });
    const both = { url: 'redis://:password@localhost', client };
    const wrong = { url: 'rdis://:password@localhost' };
    for (const options of [both, wrong]) {
      const told = { code: 'bad-option', message: expect.not.stringContaining('password') };
      expect(() => redisStore(options)).toThrow(expect.objectContaining(told));
    }
  });

  it('takes what it can reach by: a URL, TLS, a socket, a client', async () => {
    const client = new Redis({ lazyConnect: true });
    for (const each of [{ url }, { url: 'rediss://a:b@c:1/2' }, { url: '/run/a' }, { client }]) {
      // Nothing is connected before the store is used.
      await redisStore(each).close();
    }
    expect(client.status).toBe('wait');
  });
});
