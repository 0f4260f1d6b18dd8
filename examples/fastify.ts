// On a fastify route. The runtime reads the body itself, and answers for what is wrong with it.
import { McpServer } from '@modelcontextprotocol/server';
import Fastify from 'fastify';
import { createRuntime } from 'mcp-actors';
import { nodeHandler } from 'mcp-actors/node';

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
const handler = nodeHandler(runtime);
app.register(async (scope) => {
  scope.addContentTypeParser('application/json', (_request, _body, done) => done(null));
  scope.all('/mcp', (request, reply) => {
    reply.hijack();
    handler(request.raw, reply.raw);
  });
});

const address = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`Listening at ${address}/mcp`);
