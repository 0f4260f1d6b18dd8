// A program in several processes, for tests. Says what they do on stdout.
import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import type { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { runProcesses } from 'mcp-actors/processes';
import * as z from 'zod';
import { createServer, type Notebook } from '../../examples/cluster/server.ts';

const [processes = '2', leaseMs = '20000', deadlineMs = '3000', mode = ''] = process.argv.slice(2);
const tell = (text: string): void => void process.stdout.write(`${text}\n`);

function serverOf(session: Session<Notebook>): McpServer {
  const server = createServer(session);
  const inputSchema = z.object({ line: z.string() });
  server.registerTool('hold', { inputSchema }, async ({ line }) => {
    tell(`holds ${line}`);
    return new Promise<never>(() => {});
  });
  server.registerTool('throw', {}, () => {
    setTimeout(() => {
      throw new Error('of nobody');
    });
    return { content: [] };
  });
  return server;
}

if (mode === 'foreign' && cluster.isPrimary) {
  cluster.fork().on('exit', (code) => process.exit(code));
  await new Promise(() => {});
}
if (mode === 'twice') void runProcesses({ processes: 1 }, () => ({ close: async () => {} }));

const all = await runProcesses(
  { processes: Number(processes), leaseMs: Number(leaseMs), deadlineMs: Number(deadlineMs) },
  async (part) => {
    const { index, name } = part;
    if (mode === 'fails' || existsSync(mode)) throw new Error('nothing to serve');
    process.env['NODE_NAME'] = name;
    const runtime = createRuntime({
      cluster: part.cluster,
      server: serverOf,
      state: (): Notebook => ({ lines: [] }),
      sseRetryMs: 20,
      // A process that has just started on a busy machine is behind, and is asked all the same.
      maxLoopDelayMs: Infinity,
    });
    runtime.on('cluster.takeover', () => tell(`${name} takes over`));
    runtime.on('cluster.failed', ({ error }) => tell(`${name} failed: ${String(error)}`));
    const host = await serve(runtime, { port: 0, health: true, crashDeadlineMs: 100 });
    tell(`process ${index} is ${process.pid} at ${host.url}`);
    return host;
  },
);
if (all !== undefined) tell(`all serve: ${all.pids.join(' ')}`);
