// app/mcp/route.ts
import { McpServer } from '@modelcontextprotocol/server';
import { nextMcp } from 'mcp-actors/next';

export const { GET, POST, DELETE, OPTIONS } = nextMcp('hosted', {
  state: () => ({ count: 0 }),
  server(session) {
    const server = new McpServer({ name: 'hosted', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', { description: "Counts this session's calls." }, async () => {
      const { count } = await session.update((state) => ({ count: state.count + 1 }));
      return { content: [{ type: 'text', text: `${count}` }] };
    });
    return server;
  },
});
