// A session outlives its runtime: what one has stored, the next one goes on with.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';

const path = mkdtempSync(join(tmpdir(), 'durable-'));
const start = () =>
  createRuntime({
    store: openLmdbStore({ path }),
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

let runtime = start();
const client = new Client({ name: 'faithful', version: '1.0.0' });
const fetch = (url: string | URL, init?: RequestInit) => runtime.fetch(new Request(url, init));
await client.connect(new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), { fetch }));
const count = async () => JSON.stringify((await client.callTool({ name: 'count' })).content);
assert.match(await count(), /1, new/);
await runtime.close(); // as if the process had ended
runtime = start();
assert.match(await count(), /2, restarted/);
await client.close();
await runtime.close();
rmSync(path, { recursive: true });
console.log('Counted 1 in one runtime and 2 in the next, in the same session');
