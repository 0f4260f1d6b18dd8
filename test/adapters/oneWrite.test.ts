import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NodePort } from '../../src/adapters/nodePort.ts';
import { STREAM_HEADERS } from '../../src/wire/sse.ts';
import { turn } from '../support/eventually.ts';

const server = createServer();

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Answers one request. @returns what the client got, and how often the socket was written to */
async function answered(
  answer: (port: NodePort, response: ServerResponse) => Promise<void> | void,
): Promise<{ text: string; writes: number }> {
  let writes = 0;
  server.once('connection', (socket: Socket) => {
    for (const name of ['_write', '_writev'] as const) {
      const own = socket[name]?.bind(socket) as (...args: unknown[]) => void;
      Reflect.set(socket, name, (...args: unknown[]) => {
        writes++;
        own(...args);
      });
    }
  });
  server.once('request', (_, response) => void answer(new NodePort(response, []), response));
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: '127.0.0.1', agent: false });
  const [response] = await once(request, 'response');
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(response, 'end');
  return { text, writes };
}

it('an answer leaves in one write', async () => {
  expect(await answered((port) => port.send(200, [], 'whole'))).toEqual({
    text: 'whole',
    writes: 1,
  });
});

it('a stream whose answer comes by promises alone leaves in one write', async () => {
  const got = await answered(async (port) => {
    port.open(STREAM_HEADERS);
    port.write('first;');
    for (let hop = 0; hop < 20; hop++) await Promise.resolve();
    port.write('answer');
    port.end();
  });
  expect(got).toEqual({ text: 'first;answer', writes: 1 });
});

it('the head and the first event of a stream do not wait for what comes later', async () => {
  const got = await answered(async (port, response) => {
    port.open(STREAM_HEADERS);
    port.write('first;');
    expect(port.unread).toBeGreaterThan(0);
    await turn();
    expect([port.unread, response.socket?.writableCorked]).toEqual([0, 0]);
    port.write('second;');
    await turn();
    port.end();
  });
  expect(got).toEqual({ text: 'first;second;', writes: 3 });
});

it('a stream that is cut at once holds nothing back', async () => {
  const sockets: (Socket | null)[] = [];
  const cut = answered((port, response) => {
    port.open(STREAM_HEADERS);
    sockets.push(response.socket);
    port.cut();
  });
  await expect(cut).rejects.toThrow('socket hang up');
  expect(sockets[0]?.destroyed).toBe(true);
});
