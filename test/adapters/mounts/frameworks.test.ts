import fastifyCors from '@fastify/cors';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import Koa, { type Context } from 'koa';
import { fastifyMcp } from 'mcp-actors/fastify';
import { koaMcp } from 'mcp-actors/koa';
import { nextMcp } from 'mcp-actors/next';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { FakeServer } from '../../support/fakeServer.ts';
import { INITIALIZE } from '../../support/send.ts';
import { listen } from '../doors/door.ts';

const BODY = JSON.stringify({ jsonrpc: '2.0', ...INITIALIZE });
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const ORIGIN = 'http://localhost:5173';

const post = (url: string, headers: object = {}, body: string = BODY): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { ...HEADERS, ...headers }, body });

function world(): FakeRuntime {
  const made = new FakeRuntime({ principal: (authInfo) => authInfo?.clientId });
  onTestFinished(() => made.runtime.close());
  return made;
}

const infoOf = (name: unknown) => ({ token: 't', clientId: String(name), scopes: [] });

async function startFastify(prepare: (app: FastifyInstance) => unknown): Promise<string> {
  const app = Fastify({ forceCloseConnections: true });
  await prepare(app);
  onTestFinished(() => app.close());
  return await app.listen({ port: 0, host: '127.0.0.1' });
}

const fastifyCaller = async ({ headers }: FastifyRequest) => {
  if (headers.authorization === undefined) throw Object.assign(new Error(), { statusCode: 401 });
  return infoOf(headers.authorization);
};

describe('fastifyMcp', () => {
  it('W14: sends what @fastify/cors has set, with answers and with refusals', async () => {
    const { runtime } = world();
    const url = await startFastify(async (app) => {
      await app.register(fastifyCors, { origin: ORIGIN, exposedHeaders: ['Mcp-Session-Id'] });
      app.register(fastifyMcp(runtime));
    });
    for (const headers of [{}, { accept: 'text/html' }]) {
      const response = await post(`${url}/mcp`, { ...headers, origin: ORIGIN });
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(response.headers.get('access-control-expose-headers')).toBe('Mcp-Session-Id');
      expect(response.headers.get('content-type')).toBe('application/json');
    }
    const preflight = { origin: ORIGIN, 'access-control-request-method': 'POST' };
    const allowed = await fetch(`${url}/mcp`, { method: 'OPTIONS', headers: preflight });
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([
      204,
      ORIGIN,
    ]);
  });

  it('W14: leaves bodies of MCP to the runtime, and those of others to fastify', async () => {
    const { runtime } = world();
    const url = await startFastify((app) => {
      app.register(fastifyMcp(runtime, { path: '/tools' }), { prefix: '/api' });
      app.post('/other', ({ body }) => ({ body }));
    });
    expect((await post(`${url}/api/tools`)).headers.get('mcp-session-id')).toEqual(
      expect.any(String),
    );
    expect((await post(`${url}/api/tools`, {}, '{')).status).toBe(400);
    expect((await post(`${url}/api/tools`, { 'content-type': 'text/plain' })).status).toBe(415);
    expect(await (await post(`${url}/other`, {}, '{"a":1}')).json()).toEqual({ body: { a: 1 } });
  });

  it('W14: takes the caller from the option, and refuses as fastify does', async () => {
    const { runtime } = world();
    const url = await startFastify((app) => {
      app.register(fastifyMcp(runtime, { authInfo: fastifyCaller }));
    });
    expect((await post(`${url}/mcp`)).status).toBe(401);
    expect(runtime.residents()).toEqual([]);
    expect((await post(`${url}/mcp`, { authorization: 'alice' })).status).toBe(200);
    expect(runtime.residents().map(({ principal }) => principal)).toEqual(['alice']);
  });
});

async function startKoa(...middleware: Koa.Middleware[]): Promise<string> {
  const app = new Koa();
  app.silent = true;
  for (const each of middleware) app.use(each);
  const callback = app.callback();
  const { origin, stop } = await listen((...exchange) => void callback(...exchange));
  onTestFinished(stop);
  return `http://${origin}`;
}

const parse: Koa.Middleware = async (context, next) => {
  let text = '';
  for await (const chunk of context.req.setEncoding('utf8')) text += String(chunk);
  Object.assign(context.request, { body: JSON.parse(text) });
  await next();
};

const koaCaller = (context: Context) => {
  const name = context.get('authorization');
  return name === '' ? context.throw(401) : infoOf(name);
};

describe('koaMcp', () => {
  it('W14: sends what middleware has set, and lets it hear of the end', async () => {
    const { runtime } = world();
    const heard: unknown[] = [];
    const url = await startKoa(async (context, next) => {
      context.set('x-request-id', 'r1');
      await next();
      heard.push(context.res.writableFinished);
    }, koaMcp(runtime));
    const response = await post(`${url}/mcp/`);
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, 'r1']);
    expect(await response.json()).toMatchObject({ result: {} });
    await expect.poll(() => heard).toEqual([true]);
  });

  it('W14: takes a body that middleware has parsed, and the caller from the option', async () => {
    const { runtime } = world();
    const url = await startKoa(parse, koaMcp(runtime, { authInfo: koaCaller }));
    expect((await post(`${url}/mcp`)).status).toBe(401);
    expect((await post(`${url}/mcp`, { authorization: 'bob' })).status).toBe(200);
    expect(runtime.residents().map(({ principal }) => principal)).toEqual(['bob']);
  });

  it('W14: lets requests for other paths go on', async () => {
    const { runtime } = world();
    const url = await startKoa(koaMcp(runtime), (context) => void (context.body = 'mine'));
    expect(await (await fetch(`${url}/`)).text()).toBe('mine');
  });
});

const request = (headers: Record<string, string> = {}, body: string = BODY): Request =>
  new Request('http://localhost:3000/mcp', {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body,
  });

const say =
  (text: string) =>
  (message: object, server: FakeServer): boolean => {
    const { id, method } = message as { id?: number; method?: string };
    if (method !== 'who' || id === undefined) return false;
    server.answer(id, { text });
    return true;
  };

/** The module of a route, as a dev server loads it again after each change. */
const load = (name: string, server: string) =>
  nextMcp(name, { server: () => new FakeServer(say(server)) });

async function who(route: ReturnType<typeof load>, session: string): Promise<unknown> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"who"}';
  const response = await route.POST(request({ 'mcp-session-id': session }, body));
  return ((await response.json()) as { result?: object }).result;
}

async function open(route: ReturnType<typeof load>): Promise<string> {
  const response = await route.POST(request());
  const session = response.headers.get('mcp-session-id')!;
  const confirmed = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  await route.POST(request({ 'mcp-session-id': session }, confirmed));
  return session;
}

describe('nextMcp', () => {
  it('W14: keeps its sessions when the module is loaded again; new ones get its server', async () => {
    const before = load('reloaded', 'before');
    onTestFinished(() => before.runtime.close());
    const session = await open(before);
    const after = load('reloaded', 'after');
    expect(after.runtime).toBe(before.runtime);
    expect(await who(after, session)).toEqual({ text: 'before' });
    expect(await who(after, await open(after))).toEqual({ text: 'after' });
  });

  it('W14: routes with different names share nothing', async () => {
    const [one, two] = [load('one', 'one'), load('two', 'two')];
    for (const { runtime } of [one, two]) onTestFinished(() => runtime.close());
    expect(await who(one, await open(one))).toEqual({ text: 'one' });
    expect((await two.POST(request({ 'mcp-session-id': await open(one) }))).status).toBe(200);
    expect(two.runtime.stats().spawned).toBe(1);
    expect(() => load('', 'x')).toThrow('name must be');
  });

  it('W14: serves each method, and refuses a caller by a response', async () => {
    const route = nextMcp('methods', {
      server: () => new FakeServer(),
      cors: true,
      authInfo: ({ headers }) =>
        headers.has('authorization') ? infoOf('carol') : new Response(null, { status: 401 }),
    });
    onTestFinished(() => route.runtime.close());
    expect((await route.POST(request())).status).toBe(401);
    const mine = { authorization: 'Bearer t' };
    const id = (await route.POST(request(mine))).headers.get('mcp-session-id')!;
    const of = (method: string, headers: object) =>
      new Request('http://localhost:3000/mcp', { method, headers: { ...mine, ...headers } });
    const stream = await route.GET(
      of('GET', { accept: 'text/event-stream', 'mcp-session-id': id }),
    );
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    await stream.body?.cancel();
    expect((await route.OPTIONS(of('OPTIONS', { origin: ORIGIN }))).status).toBe(204);
    expect((await route.DELETE(of('DELETE', { 'mcp-session-id': id }))).status).toBe(204);
  });
});
