// A session that owns a shell sleeps: the shell ends, and the next one begins where it was.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { connectInMemory } from 'mcp-actors/memory';
import * as z from 'zod';

const shells = new WeakMap<object, (line: string) => Promise<string>>();
await using runtime = createRuntime({
  idleTimeoutMs: 50,
  server(session) {
    const { stdin, stdout } = session.own(spawn('sh'));
    const run = async (line: string) => {
      stdin.write(`${line}\n`);
      return String(await once(stdout, 'data')).trim();
    };
    shells.set(session, run);
    const server = new McpServer({ name: 'shell', version: '1.0.0' }, session.serverOptions);
    const inputSchema = z.object({ line: z.string() });
    server.registerTool('run', { inputSchema }, async ({ line }) => {
      return { content: [{ type: 'text', text: await run(line) }] };
    });
    return server;
  },
  onSleep: (session) => shells.get(session)?.('pwd'), // what a session owns keeps it awake otherwise
  onWake: async (session, { kept }) =>
    void (await shells.get(session)?.(`cd ${String(kept)}; pwd`)),
});
const client = new Client({ name: 'user', version: '1.0.0' });
await client.connect(connectInMemory(runtime));
const run = async (line: string) =>
  JSON.stringify(await client.callTool({ name: 'run', arguments: { line } }));
assert.match(await run('cd /usr/lib; FOO=bar; echo $FOO in $PWD'), /"bar in \/usr\/lib"/);
await new Promise((resolve) => runtime.on('session.slept', resolve));
assert.match(await run('echo $FOO in $PWD'), /"in \/usr\/lib"/);
await client.close();
console.log('Another shell, in the same folder');
