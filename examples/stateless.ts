import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { elicit, requestInput } from 'mcp-actors/modern';
import { serve } from 'mcp-actors/node';
import * as z from 'zod';

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const runtime = createRuntime({
  state: () => ({ cart: [] as string[] }),
  modern: { prefer: 'stateless' },
  server(session) {
    const server = new McpServer({ name: 'shop', version: '1.0.0' }, session.serverOptions);
    server.registerTool('add', { inputSchema: z.object({ item: z.string() }) }, async ({ item }) =>
      text(String((await session.update(({ cart }) => void cart.push(item))).cart)),
    );
    server.registerTool('buy', {}, async () => {
      // Parked until the client is back: the revision has no requests to clients.
      const { sure } = await requestInput({ sure: elicit('Buy all?') });
      return text(`${session.state.cart.length} things: ${String(sure['action'])}`);
    });
    return server;
  },
});
const { url, close } = await serve(runtime, { port: 0 });
const client = new Client(
  { name: 'shopper', version: '1.0.0' },
  { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: {} } },
);
client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
// The first result names the session; a model passes the name on.
const { _meta } = await client.callTool({ name: 'add', arguments: { item: 'apples' } });
const session = _meta?.['mcp-actors/session'];
await client.callTool({ name: 'add', arguments: { item: 'pears', session } });
const bought = await client.callTool({ name: 'buy', arguments: { session } });
assert.deepEqual(bought.content, [{ type: 'text', text: '2 things: accept' }]);
await Promise.all([client.close(), close()]);
console.log('Two calls, one cart, and a question in between, without a session.');
