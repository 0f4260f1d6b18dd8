import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { gatewayLog, upstream, type UpstreamOptions } from 'mcp-actors/gateway';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Fixture } from '../support/fixture.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';
import { WireClient } from '../support/wireClient.ts';
import { next } from './gateway.ts';

type Options = Partial<RuntimeOptions>;

const INFO = { name: 'raw', version: '1' };

async function served(runtime: Runtime): Promise<string> {
  runtime.on('session.crashed', () => {});
  const { url, server, close } = await serve(runtime, { port: 0, contain: false });
  onTestFinished(async () => {
    server.closeAllConnections();
    await close({ deadlineMs: 1 });
  });
  return url;
}

async function startGateway(options: UpstreamOptions, more: Options = {}) {
  const runtime = createRuntime({ server: upstream(options), ...more });
  return { runtime, url: await served(runtime) };
}

/** A remote server of ours, and a gateway in front of it. */
async function startBoth(more: Options = {}, extra: Partial<UpstreamOptions> = {}) {
  const fixture = new Fixture();
  const remote = createRuntime({ server: fixture.factory });
  const address = await served(remote);
  const gateway = await startGateway({ url: address, ...extra }, more);
  return { fixture, remote, ...gateway };
}

/** A remote server that answers `initialize` and leaves the rest to the test. */
async function startRaw(
  answer: (message: { id: number; method: string }, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const message = JSON.parse(body) as { id: number; method: string };
      if (message.method === 'notifications/initialized') return void response.writeHead(202).end();
      if (message.method !== 'initialize') return answer(message, response);
      const result = {
        protocolVersion: '2025-06-18',
        capabilities: {},
        serverInfo: INFO,
      };
      json(response, { jsonrpc: '2.0', id: message.id, result });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe('upstream serves each session by a remote one', () => {
  it('lists, calls and tells progress', async () => {
    const { url, remote } = await startBoth();
    const [alice, bob] = [sdkV1(), sdkV1()];
    await Promise.all([connect(alice, url), connect(bob, url)]);
    expect(remote.stats().spawned).toBe(2);
    expect((await alice.listTools()).tools.length).toBeGreaterThan(3);
    expect(await callText(bob, 'echo', { text: 'far away' })).toBe('far away');
    const seen: unknown[] = [];
    const call = { name: 'progress', arguments: { count: 5 } };
    await alice.callTool(call, undefined, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('and deletes it when it ends', async () => {
    const { url, runtime, remote } = await startBoth();
    const client = sdkV1();
    const transport = await connect(client, url);
    const ended = next(remote, 'session.ended');
    await (transport as { terminateSession(): Promise<void> }).terminateSession();
    expect(await ended).toMatchObject({ reason: 'terminated' });
    await eventually(() => runtime.stats().sessions.total === 0);
    expect(runtime.stats().orphans).toBe(0);
  });

  it('with the headers and the fetch it is given', async () => {
    const fixture = new Fixture();
    const remote = createRuntime({
      server: fixture.factory,
      principal: (_info, { headers }) => String(headers['x-user']),
    });
    const address = await served(remote);
    const methods: string[] = [];
    const { url } = await startGateway({
      url: address,
      headers: { 'x-user': 'gateway' },
      fetch: (target, init) => {
        methods.push(init?.method ?? 'GET');
        return fetch(target, init);
      },
    });
    const client = sdkV1();
    await connect(client, url);
    expect(await callText(client, 'echo', { text: 'x' })).toBe('x');
    expect(fixture.sessions.map((session) => session.principal)).toEqual(['gateway']);
    expect(methods).toContain('POST');
  });

  it('passes questions on, whichever stream they come on', async () => {
    const { url } = await startBoth();
    const client = sdkV1({ capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      return { action: 'accept', content: { heard: params.message } };
    });
    await connect(client, url);
    for (const on of ['call', 'get']) {
      const text = await callText(client, 'elicit', { message: `on the ${on}`, on });
      expect(text).toBe(`on the ${on}: accept {"heard":"on the ${on}"}`);
    }
  });

  it('keeps what is said on a call on the stream of that call', async () => {
    const { runtime } = await startBoth();
    const client = await WireClient.open(runtime);
    const stream = await client.get();
    const said = client.request('tools/call', { name: 'say', arguments: { texts: ['a', 'b'] } });
    const [one, two, answer] = (await (await said).whole()).messages;
    expect([one, two].map((each) => each?.params?.['data'])).toEqual(['a', 'b']);
    expect(answer?.result).toBeDefined();
    await client.call('tools/call', { name: 'log', arguments: { text: 'of no call' } });
    await stream.until(({ messages }) => messages.length > 0);
    expect(stream.message.params?.['data']).toBe('of no call');
    stream.leave();
  });

  it('passes a cancel on, and stops reading', async () => {
    const { runtime, remote, fixture } = await startBoth();
    const client = await WireClient.open(runtime);
    const call = { name: 'slow', arguments: { gate: 'never' } };
    const answer = client.request('tools/call', call, 'long');
    await eventually(() => remote.stats().inFlight === 1);
    await client.notify('notifications/cancelled', { requestId: 'long' });
    await (await answer).whole();
    await eventually(() => remote.stats().inFlight === 0);
    expect(fixture.finished).toEqual([]);
    expect((await client.call('ping')).result).toEqual({});
  });

  it('has a stream resumed that its server closed', async () => {
    const { url, fixture } = await startBoth();
    const client = sdkV1();
    await connect(client, url);
    const answer = callText(client, 'hangUp', { gate: 'later' });
    await fixture.gates.reached('later');
    fixture.gates.open('later');
    expect(await answer).toBe('passed later');
  });
});

describe('a remote session that is lost', () => {
  it('with onCrash evict: ends its session, and the caller hears of it', async () => {
    const { runtime, remote } = await startBoth();
    const client = await WireClient.open(runtime);
    remote.residents()[0]?.close();
    await eventually(() => remote.stats().sessions.total === 0);
    const crashed = next(runtime, 'session.crashed');
    const { error } = await client.call('tools/list');
    expect(error?.data).toMatchObject({ code: 'session-crashed' });
    expect((await crashed).error).toMatchObject({ code: 'server-ended' });
    expect((await client.request('ping')).status).toBe(404);
  });

  it('with onCrash restart: is begun anew', async () => {
    const { runtime, remote } = await startBoth({ onCrash: 'restart' });
    const client = await WireClient.open(runtime);
    remote.residents()[0]?.close();
    await eventually(() => remote.stats().sessions.total === 0);
    expect((await client.call('tools/list')).error?.data).toMatchObject({
      code: 'session-crashed',
    });
    const echo = { name: 'echo', arguments: { text: 'again' } };
    expect(JSON.stringify((await client.call('tools/call', echo)).result)).toContain('again');
    expect(remote.stats().spawned).toBe(2);
  });
});

/** A remote server that lets nobody in. */
async function startRefusing(): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(401).end('who?'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('a remote server that can not serve', () => {
  test.each([
    ['one nobody listens for', 'http://127.0.0.1:1/mcp'],
    ['one that refuses', undefined],
  ])('%s: initialize has one fixed error', async (_what, address) => {
    const { runtime } = await startGateway({ url: address ?? (await startRefusing()) });
    const client = await WireClient.of(runtime);
    const { error } = (await client.initialize()).message;
    expect(error).toEqual({
      code: -32603,
      message: 'The server of this session could not be started',
      data: { code: 'server-unavailable', reason: 'crashed' },
    });
  });

  test.each<[string, (id: number, response: ServerResponse) => void]>([
    ['accepts without an answer', (_id, response) => void response.writeHead(202).end()],
    ['breaks off', (_id, response) => void response.destroy()],
    [
      'ends a stream without an answer',
      (_id, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
      },
    ],
    [
      'breaks a stream off',
      (_id, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
        setImmediate(() => response.destroy());
      },
    ],
    [
      'answers with too much',
      (id, response) => json(response, { id, result: { x: 'x'.repeat(9e4) } }),
    ],
    ['answers another request', (_id, response) => json(response, { id: 'odd', result: {} })],
  ])('%s: the caller gets one error, and the session goes on', async (_what, answer) => {
    const url = await startRaw(({ id, method }, response) => {
      if (method === 'ping') json(response, { jsonrpc: '2.0', id, result: {} });
      else answer(id, response);
    });
    const { runtime } = await startGateway({ url, maxAnswerBytes: 50_000 });
    const client = await WireClient.open(runtime);
    expect((await client.call('tools/list')).error).toEqual({
      code: -32603,
      message: 'The server did not answer',
      data: { code: 'server-unanswered' },
    });
    expect((await client.call('ping')).result).toEqual({});
    expect(runtime.stats().inFlight).toBe(0);
    expect(JSON.stringify(runtime.deadLetters())).not.toContain('secret');
    expect(gatewayLog(runtime.residents()[0]!)).toBeDefined();
  });
});

it('a remote server that takes nothing: requests are refused, then its session crashes', async () => {
  let held = 0;
  const url = await startRaw(() => held++);
  const { runtime } = await startGateway({ url }, { maxInFlight: 1000 });
  const client = await WireClient.open(runtime);
  const crashed = next(runtime, 'session.crashed');
  const asked = Array.from({ length: 300 }, () => client.request('tools/list'));
  const first = await (await Promise.race(asked)).whole();
  expect(first.message.error?.data).toEqual({ code: 'session-busy' });
  for (let i = 0; i < 300; i++) void client.notify('notifications/x');
  expect(String((await crashed).error)).toContain('does not take what it is sent');
  const answers = await Promise.all(asked.map(async (each) => (await each).whole()));
  const codes = answers.map(({ message }) => message.error?.data?.['code']);
  expect(new Set(codes)).toEqual(new Set(['session-busy', 'session-crashed']));
  expect(codes.filter((code) => code === 'session-crashed').length).toBeLessThanOrEqual(256);
  expect(held).toBeLessThanOrEqual(512);
});

/** A remote server that refuses all but pings with a status and a text. */
async function startStrict(status: number, body: (id: number) => string) {
  const url = await startRaw(({ id, method }, response) => {
    if (method === 'ping') json(response, { id, result: {} });
    else response.writeHead(status, { 'content-type': 'application/json' }).end(body(id));
  });
  const { runtime } = await startGateway({ url });
  return { runtime, client: await WireClient.open(runtime) };
}

describe('a remote server that refuses a request', () => {
  test.each([401, 403, 429, 500, 503])(
    'W8: with %d: its caller gets the status',
    async (status) => {
      const { runtime, client } = await startStrict(status, () => 'secret detail');
      const { error } = await client.call('tools/list');
      expect(error).toEqual({
        code: -32603,
        message: 'The server did not answer',
        data: { code: 'server-unanswered', status },
      });
      expect((await client.call('ping')).result).toEqual({});
      expect(runtime.stats().crashes).toBe(0);
    },
  );

  test.each([
    [400, { code: -32602, message: 'Bad cursor', data: { cursor: 7 } }],
    [400, { code: -32000, message: 'Mine alone' }],
    [401, { code: -32001, message: 'Log in', data: { url: 'https://a.example' } }],
    [500, { code: -32603, message: 'Broken' }],
  ])('W8: with %d and a JSON-RPC error of the request: that error', async (status, error) => {
    const { runtime, client } = await startStrict(status, (id) =>
      JSON.stringify({ jsonrpc: '2.0', id, error }),
    );
    expect(await client.call('tools/list')).toMatchObject({ error });
    expect((await client.call('ping')).result).toEqual({});
    expect(runtime.stats().crashes).toBe(0);
  });

  test.each([
    ['is endless', (response: ServerResponse) => void response.write('x'.repeat(1e6))],
    ['never comes', () => {}],
  ])('W8: with a text that %s: its caller gets the status all the same', async (_, say) => {
    const url = await startRaw((_message, response) => {
      response.writeHead(500).flushHeaders();
      say(response);
    });
    const { runtime } = await startGateway({ url });
    const client = await WireClient.open(runtime);
    const { error } = await client.call('tools/list');
    expect(error?.data).toEqual({ code: 'server-unanswered', status: 500 });
  });
});

describe('a remote server that has restarted', () => {
  const LOST = [
    [400, -32000, 'Bad Request: No valid session ID provided'],
    [400, -32000, 'Bad Request: Server not initialized'],
    [400, undefined, 'who are you?'],
    [404, -32001, 'Session not found'],
  ] as const;

  test.each(LOST)('W7: and says %d %s "%s": its session crashes', async (status, code, message) => {
    let isLost = false;
    const url = await startRaw(({ id }, response) => {
      if (!isLost) return json(response, { id, result: {} });
      const error = { jsonrpc: '2.0', error: { code, message }, id: null };
      const body = code === undefined ? message : JSON.stringify(error);
      response.writeHead(status).end(body);
    });
    const { runtime } = await startGateway({ url });
    const client = await WireClient.open(runtime);
    expect((await client.call('tools/list')).result).toEqual({});
    isLost = true;
    const crashed = next(runtime, 'session.crashed');
    const answers = await Promise.all([client.call('tools/list'), client.call('tools/list')]);
    for (const { error } of answers) expect(error?.data).toMatchObject({ code: 'session-crashed' });
    expect((await crashed).error).toMatchObject({ code: 'server-ended' });
    expect((await client.request('ping')).status).toBe(404);
  });

  it('W7: with onCrash restart: is begun anew', async () => {
    let sessions = 0;
    let lost = 0;
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const message = JSON.parse(body || '{}') as { id?: number; method?: string };
        if (message.method === 'initialize') {
          const result = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: INFO };
          response.setHeader('mcp-session-id', `s${++sessions}`);
          return json(response, { id: message.id, result });
        }
        if (request.headers['mcp-session-id'] === 's1' && lost > 0) {
          const error = { code: -32000, message: 'Bad Request: No valid session ID provided' };
          return response.writeHead(400).end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
        }
        if (message.id === undefined) return response.writeHead(202).end();
        return json(response, { id: message.id, result: {} });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { runtime } = await startGateway(
      { url: `http://127.0.0.1:${port}/mcp` },
      { onCrash: 'restart' },
    );
    const client = await WireClient.open(runtime);
    lost++;
    expect((await client.call('tools/list')).error?.data).toMatchObject({
      code: 'session-crashed',
    });
    expect((await client.call('tools/list')).result).toEqual({});
    expect(sessions).toBe(2);
  });
});

describe('upstream checks its options before anything opens', () => {
  test.each([
    [{ url: 'no address' }, /url/],
    [{ url: 'ftp://example.com/' }, /url/],
    [{ url: 'http://127.0.0.1/', endTimeoutMs: 0 }, /endTimeoutMs/],
  ])('%j', (options, message) => {
    expect(() => upstream(options)).toThrow(message);
  });
});

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...body }));
}
