// Every session on a page, and a machine of your own beside them, live.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serveInspector } from 'mcp-actors/inspector';
import { serve } from 'mcp-actors/node';
import { createActor, createMachine } from 'xstate';

const machine = createMachine({
  initial: 'closed',
  states: { closed: { on: { open: 'opened' } }, opened: { on: { close: 'closed' } } },
});
const door = createActor(machine).start();
const runtime = createRuntime({
  server({ serverOptions }) {
    const server = new McpServer({ name: 'door', version: '1.0.0' }, serverOptions);
    server.registerTool('open', {}, () => (door.send({ type: 'open' }), { content: [] }));
    return server;
  },
});
await using host = await serve(runtime, { port: 0 });
const machines = [{ name: 'front door', machine, actor: door }];
await using inspector = await serveInspector(runtime, { machines });
if (process.stdout.isTTY) console.log(`Open ${inspector.url}`);

const client = new Client({ name: 'guest', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(host.url)));
await client.callTool({ name: 'open' });
const page = async (path: string) => (await fetch(new URL(path, inspector.url))).text();
assert.match(await page(''), /<title>mcp-actors inspector/);
assert.match(await page('charts'), /data-state=\\"opened/);
assert.match(await page('export.jsonl'), /"handshake.answered"},"from":"initializing.handshaking"/);
assert.equal((await fetch(new URL('/', inspector.url))).status, 404);
await client.close();
console.log('The page has the session and the door; without its token there is nothing');
