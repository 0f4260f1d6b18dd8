import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { continueWhenRead, nodeHandler, serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';

const GO_ON = 'HTTP/1.1 100 Continue\r\n\r\n';
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** A client that asks before it sends its body. */
class Asking {
  readonly #socket;
  text = '';
  /** The server has closed the connection. */
  isClosed = false;

  constructor(port: number, headers: Readonly<Record<string, string | number>>, path = '/mcp') {
    const all = {
      host: 'localhost',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      expect: '100-continue',
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket = connect(port, '127.0.0.1').setEncoding('utf8');
    this.#socket.on('data', (data: string) => (this.text += data)).on('error', () => {});
    this.#socket.on('close', () => (this.isClosed = true));
    this.send(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    onTestFinished(() => void this.#socket.destroy());
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Status lines so far. */
  get statuses(): string[] {
    return this.text.match(/^HTTP\/1\.1 \d+/gm)?.map((line) => line.slice(9)) ?? [];
  }
}

async function start(options: ConstructorParameters<typeof FakeRuntime>[0] = {}) {
  const world = new FakeRuntime(options);
  const host = await serve(world.runtime, {
    port: 0,
    contain: false,
    otherwise: (request, response) => {
      request.resume().on('end', () => response.end('elsewhere'));
    },
  });
  onTestFinished(async () => {
    host.server.closeAllConnections();
    await host.close({ deadlineMs: 1 });
  });
  return { world, port: host.port };
}

describe('Expect: 100-continue', () => {
  it('HTTP-11: a body that is declared too large is refused, and not asked for', async () => {
    const { port } = await start();
    const asking = new Asking(port, { 'content-length': 2 ** 30 });
    await eventually(() => asking.isClosed);
    expect(asking.statuses).toEqual(['413']);
    expect(asking.text).toMatch(/^connection: close\r$/im);
  });

  it('a small body is asked for, and answered', async () => {
    const { world, port } = await start();
    const { id } = await world.open();
    const asking = new Asking(port, { 'content-length': PING.length, 'mcp-session-id': id! });
    await eventually(() => asking.text === GO_ON);
    asking.send(PING);
    await eventually(() => asking.text.endsWith('}'));
    expect(asking.statuses).toEqual(['100', '200']);
    expect(asking.text).toContain('"result"');
  });

  it.each([
    ['another host', '403', { host: 'evil.example' }],
    ['a page of another origin', '403', { origin: 'https://evil.example' }],
    ['no JSON', '415', { 'content-type': 'text/plain' }],
    ['no JSON', '406', { accept: 'text/event-stream' }],
    ['nobody s session, and much', '404', { 'mcp-session-id': 'nobody', 'content-length': 1e6 }],
    ['no session, and much', '413', { 'content-length': 1e6 }],
  ])('of %s nothing is asked for: %s', async (_what, status, headers) => {
    const { port } = await start();
    const asking = new Asking(port, { 'content-length': 30, ...headers });
    await eventually(() => asking.text.endsWith('}'));
    for (let n = 0; n < 20; n++) await turn();
    expect(asking.statuses).toEqual([status]);
  });

  it('a large body for a stored session is asked for when the session is found', async () => {
    const store = new HeldStore();
    const { id } = await new FakeRuntime({ store }).open();
    const { world, port } = await start({ store });
    const text = JSON.stringify({ ...JSON.parse(PING), params: { pad: 'x'.repeat(1e5) } });
    const release = store.hold('get');
    const asking = new Asking(port, { 'content-length': text.length, 'mcp-session-id': id! });
    for (let n = 0; n < 20; n++) await turn();
    expect(asking.text).toBe('');
    release();
    await eventually(() => asking.text === GO_ON);
    asking.send(text);
    await eventually(() => asking.text.endsWith('}'));
    expect([asking.statuses, world.runtime.stats().bytesIn.bodies]).toEqual([['100', '200'], 0]);
  });

  it('on other paths, every client is told to go on at once', async () => {
    const { port } = await start();
    const asking = new Asking(port, { 'content-length': 2 }, '/elsewhere');
    await eventually(() => asking.text === GO_ON);
    asking.send('{}');
    await eventually(() => asking.text.includes('elsewhere'));
    expect(asking.statuses).toEqual(['100', '200']);
  });

  it('a host of its own gets the same by one listener', async () => {
    const { runtime } = new FakeRuntime();
    const handler = nodeHandler(runtime);
    const listener = createServer(handler).on('checkContinue', continueWhenRead(handler));
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void listener.close());
    const { port } = listener.address() as AddressInfo;
    const refused = new Asking(port, { 'content-length': 2 ** 30 });
    await eventually(() => refused.isClosed);
    expect(refused.statuses).toEqual(['413']);
    const served = new Asking(port, { 'content-length': 2 });
    await eventually(() => served.text === GO_ON);
    served.send('{}');
    await eventually(() => served.text.endsWith('}'));
    expect(served.statuses).toEqual(['100', '400']);
  });
});
