// The quickstart's server on stdin and stdout: `claude mcp add count -- npx tsx examples/stdio.ts`
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serveStdio } from 'mcp-actors/stdio';

const runtime = createRuntime({
  state: () => ({ count: 0 }),
  server(session) {
    const server = new McpServer({ name: 'stdio', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', { description: "Counts this session's calls." }, async () => {
      const { count } = await session.update((state) => ({ count: state.count + 1 }));
      return { content: [{ type: 'text', text: `${count}` }] };
    });
    return server;
  },
});

const { closed } = serveStdio(runtime);
// stdout belongs to the client; what people may read goes to stderr.
console.error('The session ended:', await closed);
