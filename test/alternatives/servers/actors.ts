import { setTimeout } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
const runtime = createRuntime({
  store: openLmdbStore({ path: process.env['DATA']! }),
  principal: (_, { headers }) => /^Bearer (\w+)$/.exec(String(headers['authorization']))?.[1],
  state: () => ({ calls: 0 }),
  server(session) {
    const server = new McpServer({ name: 'actors', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', {}, async () => {
      const { calls } = await session.update((state) => ({ calls: state.calls + 1 }));
      return text(`${calls}`);
    });
    server.registerTool('stray', {}, () => {
      void Promise.reject(new Error('nobody awaits this'));
      return text('done');
    });
    server.registerTool('slow', {}, async ({ mcpReq }) => {
      for (let progress = 1; progress <= 20; progress++) {
        await setTimeout(100);
        const params = { progressToken: mcpReq._meta?.progressToken ?? 0, progress };
        await mcpReq.notify({ method: 'notifications/progress', params });
      }
      return text('done');
    });
    return server;
  },
});
await serve(runtime, { port: Number(process.env['PORT']), signals: true });
console.log('listening');
