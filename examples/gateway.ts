// A published stdio server behind HTTP: one process for each session, gone with its session.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createRuntime } from 'mcp-actors';
import { childProcess, gatewayLog } from 'mcp-actors/gateway';
import { serve } from 'mcp-actors/node';

const main = import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js');
const runtime = createRuntime({
  server: childProcess({ command: process.execPath, args: [fileURLToPath(main), 'stdio'] }),
  onCrash: 'restart',
});
const host = await serve(runtime, { port: 0 });

async function connect(name: string) {
  const client = new Client({ name, version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(host.url)));
  return client;
}
const pids = () => runtime.residents().map((session) => gatewayLog(session)?.pid);
const echo = (client: Client) => client.callTool({ name: 'echo', arguments: { message: 'hi' } });

const [alice, bob] = [await connect('alice'), await connect('bob')];
const [first, second] = pids();
assert(first && second && first !== second);

const crashed = new Promise((resolve) => runtime.on('session.crashed', resolve));
process.kill(first, 'SIGKILL'); // Alice's session gets a fresh process, Bob notices nothing
await crashed;
for (const client of [alice, bob]) assert.equal((await echo(client)).isError, undefined);
const third = pids()[0]!;
assert.notEqual(third, first);

await Promise.all([alice.close(), bob.close()]);
await host.close();
for (const pid of [first, second, third]) assert.throws(() => process.kill(pid, 0));
console.log('Three processes for two sessions, and none is left');
