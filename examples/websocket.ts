// WebSockets and Streamable HTTP on one port and one path: the same sessions, the same caps.
import assert from 'node:assert/strict';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { serveWebSocket } from 'mcp-actors/websocket';

const runtime = createRuntime({
  server(session) {
    const server = new McpServer({ name: 'websocket', version: '1.0.0' }, session.serverOptions);
    server.registerTool('whoami', {}, ({ http }) => {
      return { content: [{ type: 'text', text: String(http?.authInfo?.extra?.['sub']) }] };
    });
    return server;
  },
});

const { server, url } = await serve(runtime, {
  port: Number(process.env.PORT ?? 3000),
  signals: true,
});
const users = new Map([
  ['token-of-alice', 'alice'],
  ['token-of-bob', 'bob'],
]);
serveWebSocket(runtime, {
  server,
  path: '/mcp',
  // Before the upgrade: who throws here refuses with 401. Without a token, a caller is anonymous.
  authenticate({ headers: { authorization } }) {
    if (authorization === undefined) return undefined;
    const token = authorization.replace(/^Bearer /, '');
    const sub = users.get(token);
    assert(sub, 'unknown token');
    return { token, clientId: 'desktop-app', scopes: [], extra: { sub } };
  },
});
console.log(`Listening at ${url.replace('http', 'ws')}`);
