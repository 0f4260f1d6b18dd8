import { once } from 'node:events';
import { connect } from 'node:net';
import { createRuntime } from 'mcp-actors';
import { memoryCluster } from 'mcp-actors/cluster';
import { serve } from 'mcp-actors/node';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { WireClient } from '../support/wireClient.ts';

it('serve sends a request on to another process that came just before its port was shut', async () => {
  const cluster = memoryCluster({ secret: 'x'.repeat(32) });
  const [one, two] = ['one', 'two'].map((name) =>
    createRuntime({ cluster: cluster.node(name), server: () => new FakeServer() }),
  ) as [ReturnType<typeof createRuntime>, ReturnType<typeof createRuntime>];
  onTestFinished(() => two.close());
  const host = await serve(one, { port: 0 });
  const { id } = await WireClient.open(two);
  const socket = connect(host.port, '127.0.0.1').setEncoding('utf8');
  let said = '';
  socket.on('data', (text: string) => (said += text));
  await once(socket, 'connect');

  const closed = host.close();
  await eventually(() => !host.server.listening);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const head = [
    'POST /mcp HTTP/1.1',
    'Host: localhost',
    'Accept: application/json, text/event-stream',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `Mcp-Session-Id: ${id}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  await once(socket, 'close');
  expect(said).toMatch(/^HTTP\/1.1 200/);
  expect(said).toContain('"method":"tools/list"');
  await closed;
});
