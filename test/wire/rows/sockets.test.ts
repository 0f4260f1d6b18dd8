import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { call, type RawClient, request } from '../../support/rawClient.ts';
import { type Rig, startRig } from '../../support/rig.ts';
import { exchangeBytes } from '../../support/socket.ts';

function open(rig: Rig): Socket {
  const socket = connect({ port: rig.door.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

const getBytes = (client: RawClient): string =>
  `GET /mcp HTTP/1.1\r\nHost: ${client.door.host}\r\nAccept: text/event-stream\r\n` +
  `Mcp-Session-Id: ${client.sessionId}\r\n\r\n`;

const headOf = (text: string): string => text.slice(0, text.indexOf('\r\n'));

/** Waits until a number has moved and moves no more. */
async function settled(read: () => number): Promise<void> {
  let [before, turns] = [0, 0];
  await eventually(() => {
    const now = read();
    turns = now === before ? turns + 1 : 0;
    before = now;
    return now > 0 && turns > 50;
  });
}

/** What only a socket can do. The fetch API has no word for any of it. */
describe('over node http', () => {
  it('P10: a connection with pipelined calls dies: they go on, and hold no stream', async () => {
    const rig = await startRig('node http');
    const client = await rig.connect();
    const socket = open(rig);
    const calls = [1, 2, 3].map((id) =>
      call(id, 'say', { texts: ['a'], before: `g${id}`, gate: 'h' }),
    );
    socket.write(calls.map((each) => client.asBytes(each)).join(''));
    await Promise.all([1, 2, 3].map((id) => rig.gates.reached(`g${id}`)));
    socket.destroy();
    // By the time another connection is served, the end of the first has mostly been heard.
    await client.ask(request(9, 'ping'));
    for (const gate of ['g1', 'g2', 'g3']) rig.gates.open(gate);
    await rig.gates.reached('h');
    await eventually(() => rig.runtime.stats().streams === 0);
    expect(rig.runtime.stats().inFlight).toBe(3);
    rig.gates.open('h');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    expect(rig.fixture.finished).toEqual(['said', 'said', 'said']);
  });

  it('G1: a GET pipelined behind a call ends with its connection, and its session can expire', async () => {
    const rig = await startRig('node http', { sleep: false });
    const client = await rig.connect();
    const socket = open(rig);
    socket.write(client.asBytes(call(1, 'slow', { gate: 'g' })) + getBytes(client));
    await rig.gates.reached('g');
    await eventually(() => rig.runtime.stats().streams === 1);
    socket.destroy();
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    await eventually(() => rig.runtime.stats().streams === 0);
    await rig.clock.elapse(600_000);
    expect(rig.runtime.stats()).toMatchObject({ sessions: { total: 0 }, evicted: { expired: 1 } });
  });

  it('G1: a GET pipelined behind a call streams when its turn comes', async () => {
    const rig = await startRig('node http');
    const client = await rig.connect();
    const socket = open(rig);
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    socket.write(client.asBytes(call(1, 'slow', { gate: 'g' })) + getBytes(client));
    await rig.gates.reached('g');
    await eventually(() => rig.runtime.stats().streams === 1);
    await client.ask(call(2, 'log', { text: 'held back' }));
    rig.gates.open('g');
    await eventually(() => text.includes('held back'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
    expect(text.indexOf('passed g')).toBeLessThan(text.indexOf('held back'));
  });

  it('G3: who waits for a stuck client goes on when another stream takes over', async () => {
    const rig = await startRig('node http', { maxStreamBytes: 100_000 });
    const client = await rig.connect();
    const socket = open(rig);
    socket.pause();
    socket.write(getBytes(client));
    await eventually(() => rig.runtime.stats().streams === 1);
    let said = 0;
    rig.runtime.on('message', ({ direction }) => void (said += Number(direction === 'out')));
    const asked = client.ask(call(1, 'flood', { count: 400, on: 'get' }));
    await settled(() => said);
    expect(said).toBeLessThan(400);
    const next = await client.get();
    expect((await asked).messages).toMatchObject([{ id: 1, result: {} }]);
    expect(next.end).toBeUndefined();
  });

  it('P10: who waits for a client whose pipelined response never began goes on when it dies', async () => {
    const rig = await startRig('node http', { maxStreamBytes: 100_000 });
    const client = await rig.connect();
    const socket = open(rig);
    const slow = client.asBytes(call(1, 'slow', { gate: 'g' }));
    socket.write(slow + client.asBytes(call(2, 'flood', { count: 10, on: 'post' })));
    await rig.gates.reached('g');
    await eventually(() => rig.runtime.stats().streams === 1);
    socket.destroy();
    await eventually(() => rig.fixture.finished.length === 1);
    expect(rig.fixture.finished).toEqual(['flooded 10']);
  });

  it('P3: a body that is declared too large is 413 before any of it is sent, and the connection ends', async () => {
    const rig = await startRig('node http', { maxBodyBytes: 1000 });
    const client = await rig.connect();
    const head = client
      .asBytes({})
      .replace(/Content-Length: \d+[^]*$/, 'Content-Length: 1001\r\n\r\n');
    const socket = open(rig);
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.write(head);
    await ended;
    expect(headOf(text)).toBe('HTTP/1.1 413 Payload Too Large');
    expect(text).toMatch(/^connection: close$/im);
  });

  it('P3: an upload that breaks off is forgotten', async () => {
    const rig = await startRig('node http');
    const client = await rig.connect();
    const socket = open(rig);
    socket.end(client.asBytes(call(1, 'echo', { text: 'a' })).slice(0, -5));
    await eventually(() => rig.runtime.stats().refusals['body-incomplete'] === 1);
    expect(rig.runtime.stats().inFlight).toBe(0);
    const again = await client.ask(call(1, 'echo', { text: 'b' }));
    expect(again.message).toMatchObject({ id: 1, result: {} });
    expect(rig.fixture.finished).toEqual(['b']);
  });

  it.each([
    ['no Host', 'POST /mcp HTTP/1.1\r\n\r\n'],
    [
      'a body framed twice',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
    ],
    [
      'two lengths',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'an obs-fold',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n',
    ],
    ['another path', 'POST /mcp/../mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'],
    [
      'an absolute foreign target',
      'POST http://evil.example/mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'a header named __proto__',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\n__proto__: x\r\n__proto__: y\r\nContent-Length: 0\r\n\r\n',
    ],
  ])('P7: a request with %s is 4xx, and the next client is served', async (_what, bytes) => {
    const rig = await startRig('node http');
    const text = await exchangeBytes(rig.door.port, 1, [bytes]);
    expect(headOf(text)).toMatch(/^HTTP\/1\.1 4\d\d /);
    const reply = await rig.client().initialize();
    expect(reply.status).toBe(200);
  });
});
