import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime, type Runtime } from 'mcp-actors';
import { redisStore, type RedisStoreOptions } from 'mcp-actors/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisServer } from '../../support/redisServer.ts';

interface Counting {
  readonly runtime: Runtime;
  /** What the store failed at, with the codes. */
  readonly failures: string[];
}

/** A runtime whose sessions count, with its store in Redis. */
function counting(url: string, options: Partial<RedisStoreOptions> = {}): Counting {
  const runtime = createRuntime({
    report: false,
    store: redisStore({ url, timeoutMs: 1000, leaseMs: 300, ...options }),
    state: () => ({ count: 0 }),
    server(session) {
      const server = new McpServer({ name: 'counting', version: '1' }, session.serverOptions);
      server.registerTool('count', {}, async () => {
        const { count } = await session.update((state) => ({ count: state.count + 1 }));
        return { content: [{ type: 'text', text: `${count}` }] };
      });
      return server;
    },
  });
  const failures: string[] = [];
  runtime.on('store.failed', ({ doing, error }) => {
    failures.push(`${doing} ${(error as { code?: string }).code}`);
  });
  onTestFinished(() => runtime.close());
  return { runtime, failures };
}

/** A client whose session counts. */
interface Counter {
  id(): string | undefined;
  count(): Promise<number>;
}

/** A client of the SDK that talks to whichever runtime there is. */
async function clientOf(current: () => Runtime): Promise<Counter> {
  const client = new Client({ name: 'faithful', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
    fetch: (url, init) => current().fetch(new Request(url, init)),
  });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    id: () => transport.sessionId,
    async count() {
      const { content } = (await client.callTool({ name: 'count' })) as unknown as {
        content: readonly { readonly text: string }[];
      };
      return Number(content[0]!.text);
    },
  };
}

/** The same, as soon as the store is there: its line to Redis is made, or made again, within a moment. */
async function opened(current: () => Runtime): Promise<Counter> {
  const made: Counter[] = [];
  const open = (): Promise<unknown> => clientOf(current).then((client) => made.push(client));
  await expect.poll(() => told(open())).toBe('done');
  return made[0]!;
}

/** What came of it, as a text. */
const told = (asked: Promise<unknown>): Promise<string> => asked.then(() => 'done', String);

describe('a runtime whose Redis', () => {
  it('is gone: sessions go on in memory, new ones are refused, and all is stored when it is back', async () => {
    const redis = await RedisServer.ofTest('--appendonly', 'yes');
    let { runtime, failures } = counting(redis.url);
    const client = await opened(() => runtime);
    expect(await client.count()).toBe(1);
    await redis.kill();
    expect([await client.count(), await client.count()]).toEqual([2, 3]);
    expect(failures).toContain('put store-unavailable');
    expect(await told(clientOf(() => runtime))).toMatch(/Session store unavailable/);
    await redis.start();
    expect(await client.count()).toBe(4);
    const other = await opened(() => runtime);
    expect(await other.count()).toBe(1);
    await runtime.close();
    ({ runtime, failures } = counting(redis.url));
    expect([await client.count(), await other.count()]).toEqual([5, 2]);
    expect(failures).toEqual([]);
  });

  it('was emptied: sessions that are here are stored again, and it is said', async () => {
    const redis = await RedisServer.ofTest();
    let { runtime, failures } = counting(redis.url, { maxRememberedBytes: 0 });
    const clients = [await opened(() => runtime), await opened(() => runtime)];
    for (const client of clients) expect(await client.count()).toBe(1);
    await redis.command('FLUSHALL');
    await expect.poll(() => failures).toEqual(['keep store-forgot']);
    const stored = async () => redis.command('ZCARD', 'mcpa:due');
    await expect.poll(stored).toBe(2);
    // As if it were killed: nothing is stored on the way.
    const old = runtime;
    await redis.command('HDEL', 'mcpa:store', 'o');
    ({ runtime, failures } = counting(redis.url));
    for (const client of clients) expect(await client.count()).toBe(2);
    expect(failures).toEqual([]);
    await old.close();
  });

  it('may evict: no session begins, and the operator is told why', async () => {
    const redis = await RedisServer.ofTest('--maxmemory-policy', 'allkeys-lfu');
    const { runtime, failures } = counting(redis.url);
    expect(await told(clientOf(() => runtime))).toMatch(/Session store unavailable/);
    expect(failures).toContain('open store-unfit');
  });

  it('has been taken by another process: sessions go on in memory, and nothing of them is stored', async () => {
    const redis = await RedisServer.ofTest();
    const { runtime, failures } = counting(redis.url);
    const client = await opened(() => runtime);
    expect(await client.count()).toBe(1);
    await redis.command('HDEL', 'mcpa:store', 'o');
    const second = counting(redis.url);
    const other = await clientOf(() => second.runtime);
    expect(await other.count()).toBe(1);
    await expect.poll(() => failures).toContain('keep store-locked');
    expect(await client.count()).toBe(2);
    expect(await told(clientOf(() => runtime))).toMatch(/Session store unavailable/);
    expect(failures.filter((failure) => failure.startsWith('keep'))).toHaveLength(1);
    // The next process has the session as it was stored.
    await second.runtime.close();
    await runtime.close();
    const third = counting(redis.url);
    expect(await third.runtime.list({ limit: 10 })).toMatchObject({ sessions: [{}, {}] });
  });
});
