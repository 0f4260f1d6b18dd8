// One handle of one principal, used from a session and without one.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, defineHandle } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import * as z from 'zod';

const notebooks = defineHandle({ name: 'notebook', open: () => ({ lines: [] as string[] }) });
const runtime = createRuntime({
  modern: { prefer: 'stateless' },
  principal: (_, { headers }) => String(headers['x-user']), // an example: the proxy in front says who
  server(session) {
    const server = new McpServer({ name: 'notes', version: '1.0.0' }, session.serverOptions);
    notebooks.register(server, z); // create_notebook, list_notebooks, destroy_notebook
    const inputSchema = z.object({ notebook: notebooks.argument(z), line: z.string() });
    server.registerTool('write', { inputSchema }, ({ notebook, line }) =>
      notebooks.use(notebook, ({ lines }) => {
        lines.push(line);
        return { content: [{ type: 'text', text: `${lines.join(', ')} (${session.era})` }] };
      }),
    );
    return server;
  },
});
const { url, close } = await serve(runtime, { port: 0 });
const connect = async (user: string, mode: 'legacy' | 'auto') => {
  const client = new Client({ name: user, version: '1.0.0' }, { versionNegotiation: { mode } });
  const requestInit = { headers: { 'x-user': user } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return async (name: string, args = {}) =>
    JSON.stringify(await client.callTool({ name, arguments: args }));
};
const [session, stateless] = [await connect('ann', 'legacy'), await connect('ann', 'auto')];
const [notebook] = /[a-z2-7]{26}/.exec(await session('create_notebook'))!;
assert.match(await session('write', { notebook, line: 'one' }), /one \(legacy\)/);
assert.match(await stateless('write', { notebook, line: 'two' }), /one, two \(modern\)/);
assert.match(await (await connect('bob', 'auto'))('write', { notebook, line: 'x' }), /no such/);
await close();
console.log('A session and a stateless client wrote into one notebook, and nobody else did.');
