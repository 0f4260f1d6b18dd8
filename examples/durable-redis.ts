// A session outlives its process and its machine. Takes the URL of a Redis.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { redisStore } from 'mcp-actors/redis';

const url = process.argv[2] ?? 'redis://localhost:6379';
const secret = 'of an example, for all to see: 32 characters'; // seals what is stored
const start = async () => {
  const store = redisStore({ url, secret, prefix: 'durable-redis:' });
  await store.ready(); // says now what is wrong with it, and not when the first client comes
  return createRuntime({
    store,
    state: () => ({ count: 0 }),
    server(session) {
      const server = new McpServer({ name: 'durable', version: '1.0.0' }, session.serverOptions);
      server.registerTool('count', {}, async () => {
        const { count } = await session.update((state) => ({ count: state.count + 1 }));
        return { content: [{ type: 'text', text: `${count}, ${session.woken?.cause ?? 'new'}` }] };
      });
      return server;
    },
  });
};

let runtime = await start();
const client = new Client({ name: 'faithful', version: '1.0.0' });
const fetch = (to: string | URL, init?: RequestInit) => runtime.fetch(new Request(to, init));
await client.connect(new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch }));
const count = async () => JSON.stringify((await client.callTool({ name: 'count' })).content);
assert.match(await count(), /1, new/);
await runtime.close(); // as if the process had ended
runtime = await start(); // here, or on another machine
assert.match(await count(), /2, restarted/);
await client.close();
await runtime.close();
console.log('Counted 1 in one runtime and 2 in the next, in the same session');
