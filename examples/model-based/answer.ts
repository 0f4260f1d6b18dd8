// What the server by hand has to say.
import type { ServerResponse } from 'node:http';

export interface Rpc {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly requestId?: unknown };
}

export function answer(response: ServerResponse, { id, method }: Rpc): void {
  const serverInfo = { name: 'hand-written', version: '1.0.0' };
  const results = new Map<string, object>([
    ['initialize', { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }],
    ['tools/call', { content: [{ type: 'text', text: 'done' }] }],
  ]);
  say(response, 200, { id, result: results.get(method) ?? {} });
}

export function refuse(response: ServerResponse, status: number, code: number, id?: unknown): void {
  say(response, status, { id: id ?? null, error: { code, message: 'refused' } });
}

function say(response: ServerResponse, status: number, message: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...message }));
}
