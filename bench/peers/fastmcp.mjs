// fastmcp with its own http server. It takes no port 0, so a free one is looked for.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { FastMCP } from 'fastmcp';
import { z } from 'zod';

const silent = () => {};
const logger = { debug: silent, error: console.error, info: silent, log: silent, warn: silent };

export async function start({ info, description, json }) {
  // Below it, mcp-proxy writes a line for each session that ends.
  Object.assign(console, { info: silent, log: silent });
  const server = new FastMCP({ ...info, logger });
  server.addTool({
    name: 'echo',
    description,
    parameters: z.object({ text: z.string() }),
    execute: async ({ text }) => text,
  });
  const port = await freePort();
  await server.start({
    transportType: 'httpStream',
    httpStream: { port, host: '127.0.0.1', enableJsonResponse: json },
  });
  return port;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
