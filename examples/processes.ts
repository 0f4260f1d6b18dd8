// One set of sessions in two processes at one port; the one that has a session is killed.
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { runProcesses } from 'mcp-actors/processes';

function createServer(session: Session<{ count: number }>) {
  const server = new McpServer({ name: 'counter', version: '1.0.0' }, session.serverOptions);
  server.registerTool('count', {}, async () => {
    const { count } = await session.update((state) => ({ count: state.count + 1 }));
    return { content: [{ type: 'text', text: JSON.stringify({ count, pid: process.pid }) }] };
  });
  return server;
}

const state = () => ({ count: 0 });
const served = new Promise<string>((resolve) => {
  cluster.on('message', (_, said: { url?: string }) => said.url && resolve(said.url));
});
const processes = await runProcesses({ processes: 2 }, async (part) => {
  const runtime = createRuntime({ server: createServer, state, cluster: part.cluster });
  const host = await serve(runtime, { port: 0 }); // the same free port in both
  process.send?.({ url: host.url });
  return host; // is closed when the process is to end
});

// Only the first process, which serves nothing itself, comes here with something.
if (processes !== undefined) {
  const client = new Client({ name: 'faithful', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(await served)));
  const count = async () => {
    const { content } = await client.callTool({ name: 'count' });
    return JSON.parse((content[0] as { text: string }).text) as { count: number; pid: number };
  };
  const { pid } = await count();
  process.kill(pid, 'SIGKILL'); // the client's own connection may break with it
  const next = await count().catch(count);
  assert(next.count === 2 && next.pid !== pid);
  await client.close();
  await processes.close();
  console.log('Counted 1 in a process that was killed, and 2 in another one');
}
