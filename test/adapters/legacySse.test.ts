import { once } from 'node:events';
import http, { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { legacySse, type LegacySseOptions } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { Fixture } from '../support/fixture.ts';
import { Reply, type Rpc } from '../support/reply.ts';
import { VirtualClock } from '../support/virtualClock.ts';

interface Rig {
  readonly runtime: Runtime;
  readonly fixture: Fixture;
  readonly clock: VirtualClock;
  readonly ask: (method: string, path: string, headers?: Headers, body?: string) => Promise<Reply>;
}

type Headers = Readonly<Record<string, string>>;

/** The user travels as `x-user`, which the runtime takes for the principal. */
async function startRig(
  options: Partial<RuntimeOptions<unknown>> = {},
  paths: LegacySseOptions = {},
  prefix = '',
): Promise<Rig> {
  const fixture = new Fixture();
  const clock = new VirtualClock();
  const runtime = createRuntime<unknown>({
    server: fixture.factory,
    principal: (_authInfo, { headers }) => headers['x-user']?.toString(),
    clock,
    ...options,
  });
  const handler = legacySse(runtime, paths);
  const server = createServer(prefix === '' ? handler : express().use(prefix, handler));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await runtime.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask: Rig['ask'] = (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port, method, path, headers, agent: false };
      const request = http.request(target, (response) => {
        const flat = Object.fromEntries(Object.entries(response.headers).map(text));
        const reply = new Reply(response.statusCode ?? 0, flat, () => request.destroy());
        response.setEncoding('utf8').on('data', (chunk: string) => reply.push(chunk));
        response.on('end', () => reply.finish('ended')).on('error', () => reply.finish('broken'));
        resolve(reply);
      });
      request.on('error', reject);
      request.end(body);
    });
  return { runtime, fixture, clock, ask };
}

const text = ([name, value]: [string, IncomingHttpHeaders[string]]): [string, string] => [
  name,
  String(value),
];

const STREAM = { accept: 'text/event-stream' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** The messages on a stream so far. */
function said({ frames }: Reply): Rpc[] {
  const messages = frames.filter(({ event }) => event === 'message');
  return messages.map(({ data }) => JSON.parse(data!) as Rpc);
}

/** Opens a stream; the address its client is told to post to. */
async function open({ ask }: Rig, headers: Headers = {}): Promise<{ stream: Reply; uri: string }> {
  const stream = await ask('GET', '/sse', { ...STREAM, ...headers });
  await stream.until(({ frames }) => frames.length > 0);
  return { stream, uri: stream.frames[0]!.data! };
}

function post({ ask }: Rig, uri: string, message: unknown, headers: Headers = {}): Promise<Reply> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  return ask('POST', uri, { ...JSON_TYPE, ...headers }, body).then((reply) => reply.whole());
}

const request = (id: number, method: string, params: object = {}): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

const INITIALIZE = request(0, 'initialize', {
  protocolVersion: '2024-11-05',
  capabilities: {},
  clientInfo: { name: 'old', version: '1' },
});

const PING = request(1, 'ping');

async function connect(rig: Rig, headers: Headers = {}): Promise<{ stream: Reply; uri: string }> {
  const opened = await open(rig, headers);
  await post(rig, opened.uri, INITIALIZE, headers);
  await opened.stream.until((reply) => said(reply).length > 0);
  await post(rig, opened.uri, { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
  return opened;
}

describe('row H1', () => {
  it('the first event says where to post: a relative address that nobody guesses', async () => {
    const rig = await startRig();
    const { stream, uri } = await open(rig);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(stream.frames[0]!.event).toBe('endpoint');
    expect(uri).toMatch(/^\/messages\?sessionId=[a-z2-7]{26}$/);
    expect((await open(rig)).uri).not.toBe(uri);
  });

  it('a POST is accepted, its answer is a message event', async () => {
    const rig = await startRig();
    const { stream, uri } = await open(rig);
    const accepted = await post(rig, uri, INITIALIZE);
    expect([accepted.status, accepted.text]).toEqual([202, 'Accepted']);
    await stream.until(({ frames }) => frames.length > 1);
    expect(stream.frames[1]).toMatchObject({ event: 'message', id: undefined });
    expect(JSON.parse(stream.frames[1]!.data!)).toMatchObject({
      id: 0,
      result: { protocolVersion: '2024-11-05' },
    });
  });

  it('serves the paths it is given, below a mount as well', async () => {
    const paths = { path: '/old', messagesPath: '/old/post' };
    const { ask } = await startRig({}, paths, '/api');
    const stream = await ask('GET', '/api/old', STREAM);
    await stream.until(({ frames }) => frames.length > 0);
    expect(stream.frames[0]!.data).toMatch(/^\/api\/old\/post\?sessionId=/);
    expect((await ask('GET', '/api/sse', STREAM)).status).toBe(404);
  });

  it('R5: a client whose stream was opened again goes on without initialize', async () => {
    const rig = await startRig();
    const { stream: lost } = await connect(rig);
    lost.leave();
    const { stream, uri } = await open(rig);
    const call = request(7, 'tools/call', { name: 'echo', arguments: { text: 'back' } });
    expect((await post(rig, uri, call)).status).toBe(202);
    await stream.until((reply) => said(reply).length > 0);
    expect(said(stream)).toMatchObject([{ id: 7, result: { content: [{ text: 'back' }] } }]);
    await post(rig, uri, PING);
    await stream.until((reply) => said(reply).length > 1);
    expect(rig.fixture.sessions.map(({ protocolVersion }) => protocolVersion)).toEqual([
      '2024-11-05',
      '2024-11-05',
    ]);
    expect(rig.runtime.stats().refusals).toEqual({});
  });

  it('R5: what is no request begins no session', async () => {
    const rig = await startRig();
    const { stream, uri } = await open(rig);
    await post(rig, uri, { jsonrpc: '2.0', method: 'notifications/cancelled' });
    await stream.until((reply) => said(reply).length > 0);
    expect(said(stream)).toMatchObject([{ error: { data: { code: 'not-initialized' } } }]);
    expect(rig.runtime.stats().spawned).toBe(0);
  });

  it('R5: a server that refuses the handshake answers the request all the same', async () => {
    const rig = await startRig();
    rig.fixture.onBuild = () => {
      throw new Error('no server today');
    };
    rig.runtime.on('session.crashed', () => {});
    const { stream, uri } = await open(rig);
    await post(rig, uri, request(7, 'tools/list'));
    await stream.until((reply) => said(reply).length > 0 || reply.end !== undefined);
    expect(said(stream)).toMatchObject([{ id: 7, error: { data: { code: 'session-crashed' } } }]);
  });

  it('W16: has clients post below the prefix that a proxy in front strips', async () => {
    const rig = await startRig({}, { prefix: '/tools/a' });
    const { uri } = await open(rig);
    expect(uri).toMatch(/^\/tools\/a\/messages\?sessionId=/);
    const stripped = uri.slice('/tools/a'.length);
    expect((await post(rig, stripped, INITIALIZE)).status).toBe(202);
    const both = await startRig({}, { prefix: '/tools' }, '/api');
    const stream = await both.ask('GET', '/api/sse/', STREAM);
    await stream.until(({ frames }) => frames.length > 0);
    expect(stream.frames[0]!.data).toMatch(/^\/tools\/api\/messages\?sessionId=/);
  });

  it('W16: refuses a prefix that is no path', () => {
    for (const prefix of ['tools', '/tools/', 'https://a.example/tools', '/a?b']) {
      expect(() => legacySse(new FakeRuntime().runtime, { prefix })).toThrow('prefix must be');
    }
  });

  it('sends comments on a stream on which nothing happens', async () => {
    const rig = await startRig({ keepAliveMs: 1000 });
    const { stream } = await open(rig);
    rig.clock.advance(1000);
    await stream.until(({ frames }) => frames.length > 1);
    expect(stream.frames[1]).toMatchObject({ comment: 'keep-alive', data: undefined });
  });

  it('a handler sees who posted: a refreshed token is seen at once', async () => {
    const rig = await startRig();
    const { uri, stream } = await connect(rig, { 'x-user': 'alice', 'x-token': 'first' });
    let seen: unknown;
    rig.fixture.servers[0]!.fallbackRequestHandler = async (_request, { requestInfo }) => {
      seen = requestInfo?.headers['x-token'];
      return {};
    };
    await post(rig, uri, request(7, 'x/any'), { 'x-user': 'alice', 'x-token': 'second' });
    await stream.until((reply) => said(reply).some(({ id }) => id === 7));
    expect(seen).toBe('second');
  });
});

describe('legacySse refuses', () => {
  it.each([
    ['GET', '/sse', { ...STREAM, host: 'evil.example' }, 403],
    ['GET', '/sse', { ...STREAM, origin: 'http://evil.example' }, 403],
    ['GET', '/sse', { accept: 'text/html' }, 406],
    ['POST', '/messages', { ...JSON_TYPE, host: 'evil.example' }, 403],
    ['POST', '/messages', { ...JSON_TYPE, origin: 'null' }, 403],
    ['POST', '/messages', { 'content-type': 'text/plain' }, 415],
    ['POST', '/messages', { ...JSON_TYPE, 'content-length': '5000' }, 413],
    ['GET', '/other', {}, 404],
    ['GET', '//[', {}, 404],
  ])('%s %s with %j: %d', async (method, path, headers, status) => {
    const { ask, runtime } = await startRig({ maxBodyBytes: 1000 });
    const body = method === 'POST' ? 'x'.repeat('content-length' in headers ? 5000 : 2) : undefined;
    expect((await ask(method, path, headers, body)).status).toBe(status);
    expect(runtime.stats()).toMatchObject({
      silentConnections: 0,
      handshakes: 0,
      streams: 0,
    });
  });

  it.each([
    ['POST', '/sse', 'GET'],
    ['DELETE', '/sse', 'GET'],
    ['GET', '/messages', 'POST'],
  ])(
    '%s %s: 405, so that a client of both protocols goes on to the other',
    async (method, path, allow) => {
      const { ask } = await startRig();
      const { status, headers } = await ask(method, path, { ...JSON_TYPE, ...STREAM });
      expect([status, headers['allow']]).toEqual([405, allow]);
    },
  );

  it('a body that is no message: 400, and the session lives', async () => {
    const rig = await startRig();
    const { uri, stream } = await connect(rig);
    expect((await post(rig, uri, '{')).message.error?.code).toBe(-32700);
    expect((await post(rig, uri, '{"jsonrpc":"2.0"}')).message.error?.code).toBe(-32600);
    await post(rig, uri, PING);
    await stream.until((reply) => said(reply).some(({ id }) => id === 1));
  });

  it('another principal’s POST as one with an unknown id: the same bytes', async () => {
    const rig = await startRig();
    const { uri, stream } = await connect(rig, { 'x-user': 'alice' });
    const foreign = await post(rig, uri, PING, { 'x-user': 'bob' });
    const nobody = await post(rig, uri, PING);
    const unknown = await post(rig, '/messages?sessionId=unknown', PING, { 'x-user': 'alice' });
    const missing = await post(rig, '/messages', PING, { 'x-user': 'alice' });
    expect(unknown.status).toBe(404);
    expect(unknown.message.error?.code).toBe(-32001);
    for (const reply of [foreign, nobody, missing]) {
      expect([reply.status, reply.text]).toEqual([404, unknown.text]);
    }
    expect((await post(rig, uri, PING, { 'x-user': 'alice' })).status).toBe(202);
    await stream.until((reply) => said(reply).some(({ id }) => id === 1));
  });

  it('a stream past the share of its principal: 429 with Retry-After', async () => {
    const rig = await startRig({ maxSilentConnections: 8 });
    const ann = { ...STREAM, 'x-user': 'ann' };
    const [first, second, other] = [
      await rig.ask('GET', '/sse', ann),
      await rig.ask('GET', '/sse', ann),
      await rig.ask('GET', '/sse', { ...STREAM, 'x-user': 'bob' }),
    ];
    expect([second.status, second.headers['retry-after']]).toEqual([429, '5']);
    expect([first.status, other.status]).toEqual([200, 200]);
    expect(rig.runtime.stats().silentConnections).toBe(2);
  });

  it('a stream while draining: 503', async () => {
    const rig = await startRig();
    await rig.runtime.drain({ deadlineMs: 1 });
    expect((await rig.ask('GET', '/sse', STREAM)).status).toBe(503);
  });

  it('a principal function that throws: 500, and nobody else notices', async () => {
    const { ask } = await startRig({
      principal() {
        throw new Error('broken');
      },
    });
    expect((await ask('GET', '/sse', STREAM)).status).toBe(500);
  });
});

/** Declares 4 MB, and sends the first of them. */
const half = ({ ask }: Rig, uri: string, headers: Headers = {}): Promise<Reply> =>
  ask('POST', uri, { ...JSON_TYPE, 'content-length': '4000000', ...headers }, 'x'.repeat(20_000));

describe('a large body', () => {
  it('A14: is not read for an id that is unknown, or another principal’s', async () => {
    const rig = await startRig();
    const { uri } = await connect(rig, { 'x-user': 'alice' });
    const refused = [
      await half(rig, '/messages?sessionId=nobody'),
      await half(rig, uri, { 'x-user': 'bob' }),
    ];
    for (const { status, headers } of refused) {
      expect([status, headers['connection']]).toEqual([404, 'close']);
    }
    expect(rig.runtime.stats().bytesIn.bodies).toBe(0);
    for (const reply of refused) reply.leave();
  });

  it('A14: is not read before there is a session: 413', async () => {
    const rig = await startRig();
    const { uri } = await open(rig);
    const reply = await half(rig, uri);
    expect(reply.status).toBe(413);
    expect(rig.runtime.stats()).toMatchObject({
      bytesIn: { bodies: 0 },
      limits: { maxInitializeBytes: 1 },
    });
    reply.leave();
  });

  it('is read for a session, as far as maxQueueBytes of several are on their way', async () => {
    const rig = await startRig({ maxQueueBytes: 100_000 });
    const { stream, uri } = await connect(rig);
    await post(rig, uri, request(1, 'ping', { pad: 'x'.repeat(200_000) }));
    await stream.until((reply) => said(reply).some(({ id }) => id === 1));
    // Nobody waits for its answer: the end of the test cuts it off.
    half(rig, uri).catch(() => {});
    await eventually(() => rig.runtime.stats().bytesIn.bodies === 20_000);
    const second = await post(rig, uri, request(2, 'ping', { pad: 'x'.repeat(90_000) }));
    expect(second.status).toBe(503);
    expect(rig.runtime.stats().bytesIn).toEqual({ messages: 0, bodies: 20_000 });
  });
});

describe('the end of a stream', () => {
  it('is the end of its session, and its address is unknown', async () => {
    const rig = await startRig();
    const { stream, uri } = await connect(rig);
    stream.leave();
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    expect(rig.runtime.stats()).toMatchObject({ streams: 0, evicted: { disconnected: 1 } });
    expect((await post(rig, uri, PING)).status).toBe(404);
  });

  it.each([true, false])('comes with a drain (initialized: %s)', async (isInitialized) => {
    const rig = await startRig();
    const { stream } = await (isInitialized ? connect(rig) : open(rig));
    await rig.runtime.drain({ deadlineMs: 1000 });
    expect((await stream.whole()).end).toBe('ended');
    expect(rig.runtime.stats()).toMatchObject({
      silentConnections: 0,
      handshakes: 0,
      streams: 0,
    });
  });

  it('comes when nobody says initialize in time', async () => {
    const rig = await startRig({ handshakeTimeoutMs: 1000 });
    const { stream, uri } = await open(rig);
    rig.clock.advance(1000);
    expect((await stream.whole()).end).toBe('ended');
    expect((await post(rig, uri, INITIALIZE)).status).toBe(404);
  });

  it('comes at once for who leaves more than maxUnreadBytes unread', async () => {
    const rig = await startRig({ maxUnreadBytes: 1000 });
    const { stream } = await connect(rig);
    const [session] = rig.fixture.sessions;
    const data = 'x'.repeat(8 * 1024 * 1024);
    // All in one turn: the client had no chance to read.
    while (session!.notify('notifications/message', { level: 'info', data })) continue;
    expect((await stream.whole()).end).toBe('broken');
    expect(rig.runtime.stats().limits['maxUnreadBytes']).toBe(1);
  });
});
