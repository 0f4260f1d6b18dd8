// On a hono route. The runtime speaks web-standard requests, so any host of hono will do.
import { serve } from '@hono/node-server';
import { McpServer } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import { createRuntime } from 'mcp-actors';

const runtime = createRuntime({
  state: () => ({ count: 0 }),
  server(session) {
    const server = new McpServer({ name: 'hono', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', { description: "Counts this session's calls." }, async () => {
      const { count } = await session.update((state) => ({ count: state.count + 1 }));
      return { content: [{ type: 'text', text: `${count}` }] };
    });
    return server;
  },
});

const app = new Hono();
app.all('/mcp', (c) => runtime.fetch(c.req.raw));

const port = Number(process.env.PORT ?? 3000);
serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (info) => {
  console.log(`Listening at http://127.0.0.1:${info.port}/mcp`);
});
