// A map of transports, as the examples of SDK v1 have it.
import { randomUUID } from 'node:crypto';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { setTimeout } from 'node:timers/promises';

const transports = new Map();

function createServer() {
  const server = new McpServer({ name: 'map', version: '1.0.0' });
  let calls = 0;
  server.registerTool('count', {}, () => text(`${++calls}`));
  server.registerTool('stray', {}, () => {
    void Promise.reject(new Error('nobody awaits this'));
    return text('done');
  });
  server.registerTool('slow', {}, async ({ sendNotification, _meta }) => {
    for (let progress = 1; progress <= 20; progress++) {
      await setTimeout(100);
      const params = { progressToken: _meta?.progressToken ?? 0, progress };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return text('done');
  });
  return server;
}

const text = (said) => ({ content: [{ type: 'text', text: said }] });

const app = createMcpExpressApp();
// oxlint-disable-next-line oxc/no-async-endpoint-handlers -- as in the examples; express 5 catches
app.all('/mcp', async (req, res) => {
  const user = /^Bearer (\w+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (user !== undefined) {
    req.auth = { token: user, clientId: 'app', scopes: [], extra: { sub: user } };
  }
  const id = req.headers['mcp-session-id'];
  let transport = transports.get(id);
  if (transport === undefined && id === undefined && isInitializeRequest(req.body)) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (made) => transports.set(made, transport),
    });
    transport.onclose = () => transports.delete(transport.sessionId);
    await createServer().connect(transport);
  }
  if (transport !== undefined) {
    await transport.handleRequest(req, res, req.body);
    return;
  }
  const error = { code: -32001, message: 'Session not found' };
  res.status(id === undefined ? 400 : 404).json({ jsonrpc: '2.0', error, id: null });
});
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
