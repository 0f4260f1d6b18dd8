// The map of transports by hand, with the transport of @hono/mcp behind hono's server for node.
import { randomUUID } from 'node:crypto';
import { StreamableHTTPTransport } from '@hono/mcp';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

export async function start({ make, json }) {
  const transports = new Map();

  async function open(context) {
    const transport = new StreamableHTTPTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: json,
      onsessioninitialized: (id) => transports.set(id, transport),
      onsessionclosed: (id) => transports.delete(id),
    });
    await make().connect(transport);
    return transport.handleRequest(context);
  }

  const app = new Hono();
  app.all('/mcp', (context) => {
    const id = context.req.header('mcp-session-id');
    if (id === undefined) return open(context);
    return transports.get(id)?.handleRequest(context) ?? context.body(null, 404);
  });
  return new Promise((listening) =>
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listening(port)),
  );
}
