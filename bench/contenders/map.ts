import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Request, Response } from 'express';

import type { Contender, MakeServer } from './contender.ts';

interface Entry {
  transport: StreamableHTTPServerTransport;
  open: number;
  lastActive: number;
}

const IDLE_MS = 30 * 60_000;

const refuse = (res: Response, status: number, code: number, message: string): void => {
  res.status(status).json({ jsonrpc: '2.0', error: { code, message }, id: null });
};

/**
 * The recipe of the SDK's own examples: express, `express.json()` and a Map of transports.
 * Left out of it: logging, authentication, the event store (it only grows) and the cap of 1000
 * sessions (the memory figure opens more).
 */
export async function map(make: MakeServer, enableJsonResponse: boolean): Promise<Contender> {
  const sessions = new Map<string, Entry>();

  const trackResponse = (session: Entry, res: Response): void => {
    if (!res.socket || res.destroyed) return;
    session.open++;
    res.on('close', () => {
      session.open--;
      session.lastActive = Date.now();
    });
  };

  setInterval(() => {
    const cutoff = Date.now() - IDLE_MS;
    for (const { transport, open, lastActive } of sessions.values()) {
      if (open === 0 && lastActive < cutoff) transport.close().catch(console.error);
    }
  }, 60_000).unref();

  const open = async (req: Request, res: Response): Promise<void> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse,
      onsessioninitialized: (sessionId) => {
        sessions.set(sessionId, { transport, open: 0, lastActive: Date.now() });
      },
    });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's own hook, no DOM event
    transport.onclose = () => {
      if (transport.sessionId) sessions.delete(transport.sessionId);
    };
    const server = make();
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  };

  const handle = async (req: Request, res: Response): Promise<void> => {
    try {
      const sessionId = req.headers['mcp-session-id'] as string | undefined;
      const session = sessionId ? sessions.get(sessionId) : undefined;
      if (session) {
        trackResponse(session, res);
        await session.transport.handleRequest(req, res, req.body);
      } else if (!sessionId && isInitializeRequest(req.body)) {
        await open(req, res);
      } else if (sessionId) {
        refuse(res, 404, -32001, 'Session not found');
      } else {
        refuse(res, 400, -32000, 'Bad Request: No valid session ID provided');
      }
    } catch (error) {
      console.error('Error handling MCP request:', error);
      if (!res.headersSent) refuse(res, 500, -32603, 'Internal server error');
    }
  };

  const app = createMcpExpressApp();
  // oxlint-disable oxc/no-async-endpoint-handlers -- the recipe: `handle` catches by itself
  app.post('/mcp', handle);
  app.get('/mcp', handle);
  app.delete('/mcp', handle);
  // oxlint-enable oxc/no-async-endpoint-handlers
  const port = await new Promise<number>((listening) => {
    const server = app.listen(0, '127.0.0.1', () =>
      listening((server.address() as AddressInfo).port),
    );
  });
  return { port, busy: () => 0 };
}
