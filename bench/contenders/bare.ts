import { randomBytes } from 'node:crypto';

import type { Contender } from './contender.ts';
import { info } from './echo.ts';
import { type json, listen } from './http.ts';

interface Message {
  id?: number | string;
  method: string;
  params: { protocolVersion: string; arguments: { text: string } };
}

/**
 * The ceiling: node:http, JSON in, the same JSON-RPC bytes out, and no SDK at all.
 *
 * @param answer how an answer travels: as JSON, or as an event stream
 */
export async function bare(answer: typeof json): Promise<Contender> {
  const sessions = new Set<string>();
  const port = await listen({
    remove: (session) => sessions.delete(session),
    post(body, session, response) {
      const { id, method, params } = JSON.parse(body) as Message;
      if (method === 'initialize') {
        const fresh = randomBytes(16).toString('base64url');
        sessions.add(fresh);
        response.setHeader('mcp-session-id', fresh);
        const { protocolVersion } = params;
        const capabilities = { tools: { listChanged: true } };
        answer(response, {
          result: { protocolVersion, capabilities, serverInfo: info },
          jsonrpc: '2.0',
          id,
        });
      } else if (!sessions.has(session)) {
        response.writeHead(404).end();
      } else if (id === undefined) {
        response.writeHead(202).end();
      } else {
        const { text } = params.arguments;
        answer(response, { result: { content: [{ type: 'text', text }] }, jsonrpc: '2.0', id });
      }
    },
  });
  return { port, busy: () => 0 };
}
