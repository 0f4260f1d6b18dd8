// A server that deletes only what the same session created.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, sessionLocal } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import * as z from 'zod';

const created = sessionLocal(() => new Set<string>(), { name: 'created' }); // before: new Set()
const inputSchema = z.object({ id: z.string() });

const runtime = createRuntime({
  server({ serverOptions }) {
    const server = new McpServer({ name: 'safe-mode', version: '1.0.0' }, serverOptions);
    server.registerTool('create', { inputSchema }, ({ id }) => {
      created.get().add(id);
      return { content: [] };
    });
    server.registerTool('delete', { inputSchema }, ({ id }) => {
      return { content: [], isError: !created.get().delete(id) };
    });
    return server;
  },
});
await using host = await serve(runtime, { port: 0 });

const alice = new Client({ name: 'alice', version: '1.0.0' });
const bob = new Client({ name: 'bob', version: '1.0.0' });
for (const user of [alice, bob]) {
  await user.connect(new StreamableHTTPClientTransport(new URL(host.url)));
}
const orders = Array.from({ length: 20 }, (_, n) => `order-${n}`);
const all = (user: Client, name: string) =>
  Promise.all(orders.map((id) => user.callTool({ name, arguments: { id } })));
assert((await all(alice, 'create')).every(({ isError }) => !isError));
assert((await all(bob, 'delete')).every(({ isError }) => isError));
assert((await all(alice, 'delete')).every(({ isError }) => !isError));
await Promise.all([alice.close(), bob.close()]);
console.log(`Bob deleted none of Alice's ${orders.length} orders, Alice all of them`);
