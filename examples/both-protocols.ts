// Old and new clients on one server: Streamable HTTP at /mcp, 2024-11-05 at /sse and /messages.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { legacySse, nodeHandler } from 'mcp-actors/node';

await using runtime = createRuntime({
  server(session) {
    const server = new McpServer({ name: 'both', version: '1.0.0' }, session.serverOptions);
    server.registerTool('ping', {}, () => ({ content: [{ type: 'text', text: 'pong' }] }));
    return server;
  },
});
const streamable = nodeHandler(runtime);
const sse = legacySse(runtime);
const listener = createServer((request, response) =>
  request.url === '/mcp' ? streamable(request, response) : sse(request, response),
);
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;

for (const transport of [
  new StreamableHTTPClientTransport(new URL('/mcp', origin)),
  new SSEClientTransport(new URL('/sse', origin)),
]) {
  const client = new Client({ name: 'either', version: '1.0.0' });
  await client.connect(transport);
  const { content } = await client.callTool({ name: 'ping' });
  assert.deepEqual(content, [{ type: 'text', text: 'pong' }]);
  await client.close();
}
listener.close();
console.log(`${runtime.stats().spawned} sessions, one per protocol, on one server`);
