// On an express route, behind its JSON parser and a check of bearer tokens.
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import express from 'express';
import { createRuntime } from 'mcp-actors';
import { nodeHandler } from 'mcp-actors/node';

const runtime = createRuntime({
  server(session) {
    const server = new McpServer({ name: 'express', version: '1.0.0' }, session.serverOptions);
    server.registerTool('whoami', {}, ({ http }) => {
      return { content: [{ type: 'text', text: String(http?.authInfo?.extra?.['sub']) }] };
    });
    return server;
  },
});

const users = new Map([
  ['token-of-alice', 'alice'],
  ['token-of-bob', 'bob'],
]);

const app = express();
app.use(express.json());
app.use((request, response, next) => {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const sub = users.get(token);
  if (sub !== undefined) {
    // The session is bound to its user. The application is the same for all of them.
    const auth = { token, clientId: 'desktop-app', scopes: [], extra: { sub } };
    Object.assign(request, { auth });
    next();
  } else response.status(401).set('WWW-Authenticate', 'Bearer').end();
});
app.all('/mcp', nodeHandler(runtime));
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const { port } = listener.address() as AddressInfo;
  console.log(`Listening at http://127.0.0.1:${port}/mcp`);
});
