// One set of sessions in two processes at one port; the one that has a session is killed.
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { runProcesses } from 'mcp-actors/processes';

const state = () => ({ count: 0 });
function server(session: Session<{ count: number }>) {
  const counter = new McpServer({ name: 'counter', version: '1.0.0' }, session.serverOptions);
  counter.registerTool('count', {}, async () => {
    const { count } = await session.update((before) => ({ count: before.count + 1 }));
    return { content: [{ type: 'text', text: `${count} ${process.pid}` }] };
  });
  return counter;
}

const served = new Promise<string>((resolve) => {
  cluster.on('message', (_, said: { url?: string }) => said.url && resolve(said.url));
});
const processes = await runProcesses({ processes: 2 }, async (part) => {
  const host = await serve(createRuntime({ server, state, cluster: part.cluster }), { port: 0 });
  process.send?.({ url: host.url }); // the same in both
  return host; // is closed when the process is to end
});

if (processes !== undefined) {
  // the first process, which serves nothing itself
  const client = new Client({ name: 'faithful', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(await served)));
  const count = async () => JSON.stringify((await client.callTool({ name: 'count' })).content);
  const [, pid] = /1 (\d+)/.exec(await count())!;
  process.kill(Number(pid), 'SIGKILL'); // the client's own connection may break with it
  assert.match(await count().catch(count), /2 \d+/);
  await client.close();
  await processes.close();
  console.log('Counted 1 in a process that was killed, and 2 in another one');
}
