// Streamable HTTP by hand, on a map of sessions.
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { answer, refuse, type Rpc } from './answer.ts';
import type { sessionMap } from './sessions.ts';
import { lasts, listen } from './waiting.ts';

export function handWritten(sessions: ReturnType<typeof sessionMap>, gate: EventEmitter) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const named = request.headers['mcp-session-id']?.toString();
    const rpc = request.method === 'POST' ? ((await json(request)) as Rpc) : undefined;
    const session = named === undefined ? undefined : sessions.find(named);
    if (rpc?.method === 'initialize' && session === undefined) {
      response.setHeader('mcp-session-id', sessions.begin(named));
      return answer(response, rpc);
    }
    if (named === undefined) return refuse(response, 400, -32000, rpc?.id);
    if (session === undefined) return refuse(response, 404, -32001, rpc?.id);
    if (rpc?.method === 'initialize') return refuse(response, 400, -32600, rpc.id);
    if (request.method === 'DELETE') sessions.end(session);
    if (request.method === 'GET') return listen(session, response);
    if (rpc?.id === undefined) {
      session.running.get(rpc?.params?.requestId)?.();
      return void response.writeHead(202).end();
    }
    const isDone = rpc.params?.name !== 'slow' || (await lasts(session, rpc.id, gate));
    if (isDone) answer(response, rpc);
    else response.writeHead(202).end();
  };
}
