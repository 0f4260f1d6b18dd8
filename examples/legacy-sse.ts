// For clients of 2024-11-05 that only know HTTP with a separate event stream.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { legacySse } from 'mcp-actors/node';

const runtime = createRuntime({
  state: () => ({ count: 0 }),
  server(session) {
    const server = new McpServer({ name: 'legacy-sse', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', { description: "Counts this session's calls." }, async () => {
      const { count } = await session.update((state) => ({ count: state.count + 1 }));
      return { content: [{ type: 'text', text: `${count}` }] };
    });
    return server;
  },
});

const port = Number(process.env.PORT ?? 3000);
const listener = createServer(legacySse(runtime)).listen(port, '127.0.0.1', () => {
  const bound = listener.address() as AddressInfo;
  console.log(`Listening at http://127.0.0.1:${bound.port}/sse`);
});
