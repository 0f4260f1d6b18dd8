// A plugin of fastify. The runtime reads the body itself, and answers for what is wrong with it.
import { McpServer } from '@modelcontextprotocol/server';
import Fastify from 'fastify';
import { createRuntime } from 'mcp-actors';
import { fastifyMcp } from 'mcp-actors/fastify';

const runtime = createRuntime({
  state: () => ({ count: 0 }),
  server(session) {
    const server = new McpServer({ name: 'fastify', version: '1.0.0' }, session.serverOptions);
    server.registerTool('count', { description: "Counts this session's calls." }, async () => {
      const { count } = await session.update((state) => ({ count: state.count + 1 }));
      return { content: [{ type: 'text', text: `${count}` }] };
    });
    return server;
  },
});

const app = Fastify();
app.register(fastifyMcp(runtime));

const address = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`Listening at ${address}/mcp`);
