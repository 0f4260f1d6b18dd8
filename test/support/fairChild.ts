/**
 * A process of its own that anybody may flood, with room for few: so a flood meets its limits soon.
 * A second server says what was met.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { FakeServer } from './fakeServer.ts';

const MIB = 1024 * 1024;
/** More than the kernel takes for a client that does not read. */
const data = Buffer.alloc(4 * MIB, 'x').toString('latin1');

const runtime = createRuntime<unknown>({
  principal: (_, { headers }) => headers['x-user'] as string | undefined,
  maxSessions: 200,
  maxHandshakes: 64,
  maxInFlightPerPrincipal: 200,
  maxQueueBytes: 2 * MIB,
  maxQueueTotalBytes: 32 * MIB,
  maxUnreadBytes: MIB,
  maxUnreadTotalBytes: 32 * MIB,
  maxReplayTotalBytes: 16 * MIB,
  sleep: false,
  server: () =>
    new FakeServer((message, server) => {
      // Nothing of a flood is kept.
      server.received.length = 0;
      if (!isRequest(message) || message.method !== 'big') return false;
      server.answer(message.id, { data });
      return true;
    }),
});
const control = createServer((_request, response) => response.end(JSON.stringify(runtime.stats())));
const { url } = await serve(runtime, { port: 0 });
control.listen(0, '127.0.0.1', () => {
  console.log(`${url} control ${(control.address() as AddressInfo).port} .`);
});
