import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, type Runtime } from 'mcp-actors';
import { redisCluster } from 'mcp-actors/redis';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Door, openDoor } from '../../support/door.ts';
import { freePort, RedisServer } from '../../support/redisServer.ts';
import { WireClient } from '../../support/wireClient.ts';

const SECRET = 'a secret of more than 32 characters';
/** Longer than the test: what is published by then is no beat. */
const LEASE_MS = 600_000;

let redis: RedisServer;
beforeEach(async () => {
  redis = await RedisServer.ofTest();
});

/** A process whose tool says how often its session was called. @param isDirect others may dial it */
async function process(name: string, isDirect: boolean): Promise<Runtime> {
  const port = await freePort();
  const direct = { port, address: `ws://127.0.0.1:${port}` };
  const runtime = createRuntime({
    cluster: redisCluster({
      url: redis.url,
      secret: SECRET,
      name,
      leaseMs: LEASE_MS,
      // Every request of one session by another process: that is what is looked at.
      follow: false,
      ...(isDirect && { direct }),
    }),
    state: () => ({ calls: 0 }),
    server(session) {
      const server = new Server({ name, version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler(CallToolRequestSchema, async () => {
        const { calls } = await session.update((state) => void state.calls++);
        return { content: [{ type: 'text', text: `${name} ${calls}` }] };
      });
      return server;
    },
  }) as unknown as Runtime;
  onTestFinished(() => runtime.close());
  return runtime;
}

/** How many frames Redis was given to pass on. */
async function published(): Promise<number> {
  const info = String(await redis.command('info', 'commandstats'));
  return Number(/cmdstat_publish:calls=(\d+)/.exec(info)?.[1] ?? 0);
}

describe('direct', () => {
  it.each([
    // Each call by Redis is a request, a word that it begins, and its answer.
    ['by Redis, where nobody can be dialled', false, 60, Infinity],
    ['from process to process, where the owner can be dialled', true, 0, 4],
  ])('takes requests %s', async (_, isDirect, least, most) => {
    const [a, b] = await Promise.all([process('a', isDirect), process('b', isDirect)]);
    const doors = new Map<Runtime, Door>();
    for (const each of [a, b]) doors.set(each, await openDoor('fetch', each));
    let by = a;
    const door: Door = { ...doors.get(a)!, send: (ask) => doors.get(by)!.send(ask) };
    const client = new WireClient(door);
    await client.shake();
    const call = async (at: Runtime): Promise<unknown> => {
      by = at;
      const { result } = await client.call('tools/call', { name: 'count', arguments: {} });
      return (result as { content: { text: string }[] }).content[0]!.text;
    };
    expect(await call(a)).toBe('a 1');
    // Until b knows the address of a, and a that of b, Redis is the way.
    for (let i = 2; i < 30; i++) expect(await call(b)).toBe(`a ${i}`);
    const before = await published();
    for (let i = 30; i < 50; i++) expect(await call(b)).toBe(`a ${i}`);
    const frames = (await published()) - before;
    expect(frames).toBeGreaterThanOrEqual(least);
    expect(frames).toBeLessThanOrEqual(most);
  });

  it('is refused where it can not be dialled', () => {
    const options = { url: redis.url, secret: SECRET };
    for (const [direct, text] of [
      [{ port: 0, address: 'http://a:1' }, 'direct.address'],
      [{ port: -1, address: 'ws://a:1' }, 'direct.port'],
      [{ port: 1, adress: 'ws://a:1' }, 'address'],
    ] as const) {
      expect(() => redisCluster({ ...options, direct: direct as never })).toThrow(text);
    }
  });
});
