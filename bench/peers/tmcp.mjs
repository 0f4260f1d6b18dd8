// One server for all sessions, as tmcp has it, behind hono's server for node.
import { serve } from '@hono/node-server';
import { ZodJsonSchemaAdapter } from '@tmcp/adapter-zod';
import { HttpTransport } from '@tmcp/transport-http';
import { McpServer } from 'tmcp';
import { z } from 'zod';

export async function start({ info, description }) {
  const server = new McpServer(info, {
    adapter: new ZodJsonSchemaAdapter(),
    capabilities: { tools: { listChanged: true } },
  });
  server.tool(
    { name: 'echo', description, schema: z.object({ text: z.string() }) },
    ({ text }) => ({
      content: [{ type: 'text', text }],
    }),
  );
  const transport = new HttpTransport(server, { path: '/mcp' });
  const fetch = async (request) =>
    (await transport.respond(request)) ?? new Response(null, { status: 404 });
  return new Promise((listening) =>
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listening(port)),
  );
}
