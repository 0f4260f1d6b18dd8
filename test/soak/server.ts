import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import { collect } from '../support/garbage.ts';
import type { Figures } from './figures.ts';
import { LEFT_MS } from './left.ts';

/** What is kept on purpose, so that the run can be seen to find it. */
const leaked: unknown[] = [];
const leaks = process.argv.includes('--leak');

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

const runtime = createRuntime({
  state: () => ({ count: 0, owner: '' }),
  idleTimeoutMs: 5000,
  evictAfterMs: LEFT_MS,
  server(session) {
    const options = { capabilities: { logging: {} }, ...session.serverOptions };
    const server = new McpServer({ name: 'soak', version: '1.0.0' }, options);
    let owns = false;
    server.registerTool('echo', { inputSchema: { text: z.string() } }, (args) => {
      if (leaks) leaked.push(Buffer.alloc(1024));
      return text(args.text);
    });
    server.registerTool('claim', { inputSchema: { owner: z.string() } }, async ({ owner }) => {
      await session.update(({ count }) => ({ count: count + 1, owner }));
      return text(session.state.owner);
    });
    server.registerTool('owner', {}, () => text(session.state.owner));
    server.registerTool('large', {}, () => text('x'.repeat(200_000)));
    server.registerTool('story', {}, async ({ sendNotification, signal }) => {
      for (let i = 0; i < 20 && !signal.aborted; i++) {
        const params = { level: 'info' as const, data: `${i}`.repeat(100) };
        await sendNotification({ method: 'notifications/message', params });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return text('end');
    });
    server.registerTool('own', {}, () => {
      if (!owns) {
        owns = true;
        const timer = setInterval(() => {}, 1000);
        session.own(() => clearInterval(timer));
      }
      return text('owned');
    });
    return server;
  },
});
const host = await serve(runtime, { port: 0 });
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

async function figures(): Promise<Figures> {
  await collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const { sessions, streams, inFlight } = runtime.stats();
  const delayMs = delay.percentile(99) / 1e6;
  delay.reset();
  return {
    memory: heapUsed + external,
    resident: rss,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
    delayMs,
    sessions: sessions.total,
    asleep: sessions.asleep,
    streams,
    inFlight,
  };
}

process.on('message', () => {
  figures()
    .then((answer) => process.send!(answer))
    .catch(() => process.exit(1));
});
process.send!(Number(new URL(host.url).port));
