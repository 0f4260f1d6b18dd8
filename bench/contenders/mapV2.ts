import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
} from '@modelcontextprotocol/node';

import type { Contender } from './contender.ts';
import { listenOn } from './http.ts';
import type { MakeModernServer } from './modernServers.ts';

/**
 * The map of transports by hand, with the node transport of SDK v2 and its own checks of host and
 * origin, on plain node http.
 */
export async function mapV2(
  make: MakeModernServer,
  enableJsonResponse: boolean,
): Promise<Contender> {
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const isHostRight = localhostHostValidation();
  const isOriginRight = localhostOriginValidation();

  const open = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse,
      onsessioninitialized: (id) => {
        sessions.set(id, transport);
      },
    });
    transport.onclose = () => {
      if (transport.sessionId) sessions.delete(transport.sessionId);
    };
    await make().connect(transport);
    await transport.handleRequest(req, res);
  };

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const id = req.headers['mcp-session-id'];
    const transport = sessions.get(String(id));
    if (transport) await transport.handleRequest(req, res);
    else if (id === undefined) await open(req, res);
    else res.writeHead(404).end();
  };

  const server = createServer((req, res) => {
    if (!isHostRight(req, res) || !isOriginRight(req, res)) return;
    handle(req, res).catch((error: unknown) => {
      console.error('Error handling MCP request:', error);
      res.destroy();
    });
  });
  return { port: await listenOn(server), busy: () => 0 };
}
