import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { type CallToolResult, isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';

/** The SDK's own recipe for sessions: a map of its transports, by hand. */
export async function startSdkRecipe() {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const gate = new EventEmitter();
  let built = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = request.method === 'POST' ? await json(request) : undefined;
    const id = request.headers['mcp-session-id']?.toString();
    let transport = id === undefined ? undefined : transports.get(id);
    if (transport === undefined && isInitializeRequest(body)) {
      transport = await open();
    }
    if (transport === undefined) {
      const [status, code] = id === undefined ? [400, -32000] : [404, -32001];
      response.writeHead(status, { 'content-type': 'application/json' });
      const error = { code, message: 'no session' };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
      return;
    }
    await transport.handleRequest(request, response, body);
  }

  async function open(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await serverOf(++built, gate).connect(transport);
    return transport;
  }

  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    gate,
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

function serverOf(instance: number, gate: EventEmitter): McpServer {
  const options = { capabilities: { logging: {} } };
  const server = new McpServer({ name: 'recipe', version: '1.0.0' }, options);
  server.registerTool('quick', {}, () => text('done'));
  server.registerTool('instance', {}, () => text(`server ${instance}`));
  server.registerTool('slow', {}, async ({ signal }) => {
    gate.emit('begun');
    await once(gate, 'finish', { signal });
    return text('done');
  });
  server.registerTool('notice', {}, async () => {
    await server.sendLoggingMessage({ level: 'info', data: 'hear, hear' });
    return text('done');
  });
  return server;
}

function text(said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] };
}
