import { sseFrames } from './sseFrames.ts';
import type { Runtime } from 'mcp-actors';
import type { Rpc } from './reply.ts';

export const INITIALIZE = {
  id: 'init',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'sender', version: '1' },
  },
};

/** What came back for a message. */
export interface Sent extends Rpc {
  readonly status: number;
  readonly session: string | null;
}

/** Posts a message whose body is there at once: it arrives in the turn it is sent. */
export async function send(
  runtime: Pick<Runtime, 'fetch'>,
  message: object,
  session?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Sent> {
  const request = new Request('http://localhost/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session !== undefined && { 'mcp-session-id': session }),
      ...headers,
    },
    body: '{}',
  });
  const response = await runtime.fetch(request, { parsedBody: { jsonrpc: '2.0', ...message } });
  const text = await response.text();
  const rpc = text === '' ? {} : (JSON.parse(answerIn(text)) as Rpc);
  return { ...rpc, status: response.status, session: response.headers.get('mcp-session-id') };
}

/** The answer in a body, which is the last event where the body is a stream. */
function answerIn(text: string): string {
  return text.startsWith('{') ? text : (sseFrames(text).at(-1)?.data ?? '{}');
}
