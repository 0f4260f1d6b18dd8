/**
 * A process of its own whose answers have 3 MB, and a second server that says what it holds: after a
 * collection, because only what can not be collected is held.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { FakeServer } from './fakeServer.ts';

const data = Buffer.alloc(3_000_000, 'x').toString('latin1');
let answered = 0;

const runtime = createRuntime({
  // One answer can be resumed.
  maxReplayBytes: 4 * 1024 * 1024,
  closeTimeoutMs: 2000,
  // What is cut is cut for its bytes, or because its session is over.
  unreadTimeoutMs: 10 * 60_000,
  sseAfterMs: 60_000,
  maxTakeovers: 1000,
  server: () =>
    new FakeServer((message, server) => {
      if (!isRequest(message) || message.method !== 'big') return false;
      answered++;
      // An answer in the same turn is plain JSON, whatever its client prefers.
      setImmediate(() => server.answer(message.id, { data }));
      return true;
    }),
});
/** What `runtime.fetch` gave, and nobody reads. */
const responses: Response[] = [];

const control = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  if (pathname === '/say') {
    for (const session of runtime.residents()) session.notify('notifications/message', { data });
  }
  if (pathname === '/fetch') {
    const headers = {
      'content-type': 'application/json',
      accept: searchParams.get('accept') ?? '',
      'mcp-session-id': searchParams.get('session') ?? '',
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: answered + 1, method: 'big' });
    const init = { method: 'POST', headers, body };
    const asked = runtime.fetch(new Request('http://localhost/mcp', init));
    asked.then((each) => responses.push(each)).catch(console.error);
  }
  globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const { limits, streams, sessions } = runtime.stats();
  response.end(
    JSON.stringify({ held: heapUsed + arrayBuffers, answered, limits, streams, sessions }),
  );
});
const { url } = await serve(runtime, { port: 0 });
control.listen(0, '127.0.0.1', () => {
  console.log(`${url} control ${(control.address() as AddressInfo).port} .`);
});
