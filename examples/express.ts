// On an express route, behind its JSON parser and a bearer token check.
import type { AddressInfo } from 'node:net';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { createRuntime } from 'mcp-actors';
import { nodeHandler } from 'mcp-actors/node';

const runtime = createRuntime({
  server(session) {
    const server = new McpServer({ name: 'express', version: '1.0.0' }, session.serverOptions);
    server.registerTool('whoami', {}, (extra) => {
      return { content: [{ type: 'text', text: `${extra.authInfo?.clientId}` }] };
    });
    return server;
  },
});

const users = new Map([
  ['token-of-alice', 'alice'],
  ['token-of-bob', 'bob'],
]);
const verifier = {
  verifyAccessToken: async (token: string) => {
    const user = users.get(token);
    if (user === undefined) throw new InvalidTokenError('Unknown token');
    return { token, clientId: user, scopes: [], expiresAt: Date.now() / 1000 + 60 };
  },
};

const app = express();
app.use(express.json());
app.use(requireBearerAuth({ verifier })); // sets `req.auth`: the session is bound to its client
app.all('/mcp', nodeHandler(runtime));
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const { port } = listener.address() as AddressInfo;
  console.log(`Listening at http://127.0.0.1:${port}/mcp`);
});
