// A client stays connected all day; what its session owns is open only while it is used.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';

const runtime = createRuntime({
  server(session) {
    const cat = session.lazy(() => spawn('cat', { detached: true }), { idleMs: 50 });
    const server = new McpServer({ name: 'lazy', version: '1.0.0' }, session.serverOptions);
    server.registerTool('pid', {}, async () => {
      const { pid, stdin, stdout } = await cat.get(); // in each call: the last one may be gone
      stdin.write(`${pid}`);
      return { content: [{ type: 'text', text: String(await once(stdout, 'data')) }] };
    });
    return server;
  },
});
await using host = await serve(runtime, { port: 0, signals: true });

const client = new Client({ name: 'user', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(host.url)));
const pid = async () => JSON.stringify(await client.callTool({ name: 'pid' }));
const first = await pid();
while (runtime.stats().freed === 0) await new Promise((resolve) => setTimeout(resolve, 10));
const { streams, sessions } = runtime.stats();
assert.deepEqual([streams, sessions.total], [1, 1]); // the client has noticed nothing
assert.notEqual(await pid(), first);
await client.close();
console.log('Freed while its client stayed, and opened again');
