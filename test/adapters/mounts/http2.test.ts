import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { nodeHandler } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { INITIALIZE } from '../../support/send.ts';

const MESSAGE = JSON.stringify({ jsonrpc: '2.0', ...INITIALIZE });
const POST = {
  ':method': 'POST',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

async function setUp(options: ConstructorParameters<typeof FakeRuntime>[0] = {}) {
  const world = new FakeRuntime(options);
  onTestFinished(() => world.runtime.close());
  const server = http2.createServer(nodeHandler(world.runtime)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { runtime: world.runtime, client };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

async function ask(client: ClientHttp2Session, headers: object, body?: string): Promise<Answer> {
  const request = client.request({ ':path': '/mcp', ...headers });
  request.end(body);
  const [head] = (await once(request, 'response')) as [Record<string, unknown>];
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return { status: Number(head[':status']), headers: head, text };
}

describe('nodeHandler on http2.createServer', () => {
  it('W4: serves a session whose host is in :authority', async () => {
    const { client } = await setUp();
    const opened = await ask(client, POST, MESSAGE);
    expect([opened.status, opened.headers['content-type']]).toEqual([200, 'application/json']);
    const id = String(opened.headers['mcp-session-id']);
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const pinged = await ask(client, { ...POST, 'mcp-session-id': id }, ping);
    expect(JSON.parse(pinged.text)).toMatchObject({ id: 1, result: {} });
    const ended = await ask(client, { ':method': 'DELETE', 'mcp-session-id': id });
    expect(ended.status).toBe(204);
  });

  it('W4: refuses a foreign :authority, whatever Host says', async () => {
    const { client } = await setUp();
    const foreign = { ...POST, ':authority': 'evil.example', host: 'localhost' };
    expect((await ask(client, foreign, MESSAGE)).status).toBe(403);
  });

  it('W4: answers a body that is too large without a Connection header', async () => {
    const { client } = await setUp({ maxBodyBytes: 10 });
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const { status, headers } = await ask(client, POST, MESSAGE);
    expect([status, headers['connection']]).toEqual([413, undefined]);
    // The line is not this answer's: it goes on.
    expect((await ask(client, { ':method': 'PUT' })).status).toBe(405);
    expect(warnings).toEqual([]);
  });

  it('W4: streams events, and breaks the stream that it cuts', async () => {
    const { client, runtime } = await setUp();
    const { headers } = await ask(client, POST, MESSAGE);
    const id = String(headers['mcp-session-id']);
    const confirmed = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
    await ask(client, { ...POST, 'mcp-session-id': id }, confirmed);
    const accept = 'text/event-stream';
    const stream = client.request({ ':path': '/mcp', accept, 'mcp-session-id': id });
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect([head['content-type'], head['connection']]).toEqual([accept, undefined]);
    expect(runtime.stats().streams).toBe(1);
    stream.close();
    await once(stream, 'close');
    await expect.poll(() => runtime.stats().streams).toBe(0);
  });
});
