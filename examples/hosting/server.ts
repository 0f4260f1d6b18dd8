// The runtime that the other files here mount.
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';

export const runtime = createRuntime({
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
