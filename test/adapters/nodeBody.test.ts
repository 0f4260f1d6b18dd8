import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { NodeBody } from '../../src/adapters/nodeBody.ts';
import { NodePort } from '../../src/adapters/nodePort.ts';
import type { Gate } from '../../src/http/upload.ts';
import type { Body } from '../../src/wire/body.ts';
import type { RefusalCode } from '../../src/wire/refusals.ts';
import { collect } from '../support/garbage.ts';

/** A gate that lets everything in. */
function openGate(): Gate {
  return { onCut: null, grew: () => undefined };
}

/** Reads the body of a request. @returns the body, and what is left of the gate it came through */
async function read(request: IncomingMessage, response: ServerResponse) {
  const gate = openGate();
  const body = await new Promise<Body | RefusalCode>((resolve) => {
    new NodeBody(request, new NodePort(response, []), undefined).read(gate, resolve);
  });
  return { body, gate: new WeakRef(gate) };
}

it('a request in flight holds nothing that its body was read with', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
    server.close();
  });
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody');
  const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const { body, gate } = await read(request, response);
  expect(body).toEqual({ text: 'body' });
  await collect();
  expect([request.complete, response.writableEnded, gate.deref()]).toEqual([
    true,
    false,
    undefined,
  ]);
});
