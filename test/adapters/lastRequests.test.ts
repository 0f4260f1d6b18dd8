import { once } from 'node:events';
import { connect } from 'node:net';
import { createRuntime } from 'mcp-actors';
import { memoryCluster } from 'mcp-actors/cluster';
import { type NodeServer, serve } from 'mcp-actors/node';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { WireClient } from '../support/wireClient.ts';

/** A process that serves, and a session of another one. */
async function setUp() {
  const cluster = memoryCluster({ secret: 'x'.repeat(32) });
  const runtimeOf = (name: string) =>
    createRuntime({ cluster: cluster.node(name), server: () => new FakeServer() });
  const [one, two] = [runtimeOf('one'), runtimeOf('two')];
  onTestFinished(() => two.close());
  const host = await serve(one, { port: 0 });
  const { id } = await WireClient.open(two);
  return { host, one, id: id! };
}

/** Connects, and asks when told to. @returns the whole answer */
async function connected({ port }: NodeServer, session: string) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let said = '';
  socket.on('data', (text: string) => (said += text));
  await once(socket, 'connect');
  return async (): Promise<string> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const head = [
      'POST /mcp HTTP/1.1',
      'Host: localhost',
      'Accept: application/json, text/event-stream',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      `Mcp-Session-Id: ${session}`,
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'close');
    return said;
  };
}

it('serve sends a request on to another process that came just before its port was shut', async () => {
  const { host, id } = await setUp();
  const ask = await connected(host, id);
  const closed = host.close();
  await eventually(() => !host.server.listening);
  const said = await ask();
  expect(said).toMatch(/^HTTP\/1.1 200/);
  expect(said).toContain('"method":"tools/list"');
  await closed;
});

it('serve takes requests for noticeMs after its drain, and then no more', async () => {
  const { host, id, one } = await setUp();
  const drained: unknown[] = [];
  one.on('supervisor.transition', ({ to }) => void (to === 'closed' && drained.push(to)));
  const closed = host.close({ noticeMs: 300 });
  await eventually(() => drained.length > 0);
  const ask = await connected(host, id);
  expect(await ask()).toMatch(/^HTTP\/1.1 200/);
  await closed;
  await expect(connected(host, id)).rejects.toThrow('ECONNREFUSED');
});
