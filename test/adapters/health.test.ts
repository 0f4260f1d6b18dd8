import express from 'express';
import { createRuntime, healthFetch, type Runtime } from 'mcp-actors';
import type { Health } from '../../src/http/health.ts';
import { healthHandler, serve, type ServeOptions } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { listen } from './doors/door.ts';

type Ask = (path: string, method?: string) => Promise<Response>;

/** The probes over a socket, on the doors they can be mounted on. */
const DOORS: readonly [string, (runtime: Runtime) => Promise<Ask>][] = [
  ['serve', async (runtime) => served(runtime, { health: true })],
  [
    'express',
    async (runtime) => {
      const app = express();
      app.use(healthHandler(runtime));
      app.get('/next', (_, response) => void response.send('mine'));
      return over(app);
    },
  ],
  ['node:http', async (runtime) => over(healthHandler(runtime))],
  [
    'fetch',
    async (runtime) => {
      const probe = healthFetch(runtime);
      return async (path, method = 'GET') => probe(new Request(`http://any${path}`, { method }));
    },
  ],
];

async function over(listener: Parameters<typeof listen>[0]): Promise<Ask> {
  const { origin, stop } = await listen(listener);
  onTestFinished(stop);
  return (path, method = 'GET') => fetch(`http://${origin}${path}`, { method });
}

async function served(runtime: Runtime, options: ServeOptions): Promise<Ask> {
  const { server, port } = await serve(runtime, { port: 0, contain: false, ...options });
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  return (path, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
}

const read = async (response: Response): Promise<Health> => (await response.json()) as Health;

describe.each(DOORS)('health on %s', (name, open) => {
  it('is live and ready, and says how much there is', async () => {
    const world = new FakeRuntime();
    const ask = await open(world.runtime);
    const client = await world.open();
    void client.request('hold', {}, 1);
    await eventually(() => world.runtime.stats().inFlight === 1);
    const live = await ask('/healthz?verbose');
    const { headers } = live;
    expect([live.status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'no-store',
    ]);
    const counts = { atCapacity: false, inFlight: 1, streams: 0 };
    expect(await read(live)).toMatchObject({ status: 'live', ...counts, sessions: { active: 1 } });
    const ready = await ask('/readyz');
    expect([ready.status, await read(ready)]).toEqual([
      200,
      expect.objectContaining({ status: 'ready', ...counts }),
    ]);
  });

  it('says that capacity is reached, and stays ready', async () => {
    const world = new FakeRuntime({ maxSessions: 1 });
    const ask = await open(world.runtime);
    await world.open();
    const response = await ask('/readyz');
    expect([response.status, await read(response)]).toEqual([
      200,
      expect.objectContaining({ status: 'ready', atCapacity: true }),
    ]);
  });

  it('is live and not ready from the moment it drains, and when it is closed', async () => {
    const world = new FakeRuntime();
    const ask = await open(world.runtime);
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await eventually(() => world.runtime.stats().inFlight === 1);
    const drained = world.runtime.drain({ deadlineMs: 60_000 });
    const draining = await ask('/readyz');
    expect([draining.status, await read(draining)]).toEqual([
      503,
      expect.objectContaining({ status: 'stopping', inFlight: 1 }),
    ]);
    expect((await ask('/healthz')).status).toBe(200);
    world.server.answer(1);
    await Promise.all([call, drained, world.runtime.close()]);
    expect([(await ask('/readyz')).status, (await ask('/healthz')).status]).toEqual([503, 200]);
  });

  it('answers HEAD without a body, and nothing else but GET', async () => {
    const ask = await open(createRuntime({ server: () => new FakeServer() }));
    const head = await ask('/readyz', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await ask('/healthz', 'POST');
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('leaves other paths alone', async () => {
    const ask = await open(createRuntime({ server: () => new FakeServer() }));
    const other = await ask('/next');
    expect(other.status).toBe(name === 'express' ? 200 : 404);
    expect((await ask('/healthz/')).status).toBe(404);
  });

  it('shows nothing of a session: no id, no key, no principal, no name', async () => {
    const world = new FakeRuntime();
    const ask = await open(world.runtime);
    const client = await world.open('ann@example.org');
    const [session] = world.runtime.residents();
    const text = (await (await ask('/healthz')).text()) + (await (await ask('/readyz')).text());
    const secrets = [client.id, session?.key, session?.principalKey, 'ann', 'wire'];
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('serve: health', () => {
  it('is off where it is not asked for', async () => {
    const ask = await served(createRuntime({ server: () => new FakeServer() }), {});
    expect((await ask('/healthz')).status).toBe(404);
  });

  it('takes paths, and leaves /mcp and the others as they are', async () => {
    const { runtime } = new FakeRuntime();
    const ask = await served(runtime, {
      health: { live: '/live' },
      otherwise: (_, response) => void response.writeHead(418).end(),
    });
    const statuses = ['/live', '/readyz', '/healthz', '/mcp'].map(async (path) => ask(path));
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 200, 418, 400]);
  });

  it.each([
    [{ health: { live: '/mcp' } }, 'health must leave "/mcp" to MCP'],
    [{ health: { live: 'live' } }, 'health takes two different paths, got ["live","/readyz"]'],
    [{ health: { live: '/readyz' } }, 'health takes two different paths'],
  ])('refuses %j', async (options, message) => {
    const { runtime } = new FakeRuntime();
    await expect(serve(runtime, { port: 0, ...options })).rejects.toThrow(message);
  });
});
