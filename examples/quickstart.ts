import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';

const runtime = createRuntime({
  state: () => ({ count: 0 }),
  server(session) {
    const server = new McpServer({ name: 'quickstart', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', { description: "Counts this session's calls." }, async () => {
      const { count } = await session.update((state) => ({ count: state.count + 1 }));
      return { content: [{ type: 'text', text: `${count}` }] };
    });
    return server;
  },
});

const { url } = await serve(runtime, { port: Number(process.env.PORT ?? 3000), signals: true });
console.log(`Listening at ${url}`);
