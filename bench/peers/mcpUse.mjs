// mcp-use with its own http server: it makes a server for each request.
import { MCPServer } from 'mcp-use';
import { z } from 'zod';

// It would tell its makers what it is used for.
process.env.MCP_USE_ANONYMIZED_TELEMETRY = 'false';

export async function start({ info, description }) {
  const server = new MCPServer({ ...info, logging: { enabled: false } });
  server.tool(
    { name: 'echo', description, inputSchema: z.object({ text: z.string() }) },
    async ({ text }) => ({ content: [{ type: 'text', text }] }),
  );
  const { port } = await server.listen(0, { host: '127.0.0.1' });
  return port;
}
