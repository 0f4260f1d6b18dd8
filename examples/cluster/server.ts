import { McpServer } from '@modelcontextprotocol/server';
import type { Session } from 'mcp-actors';
import * as z from 'zod';

export interface Notebook {
  readonly lines: readonly string[];
}

const requestedSchema = { type: 'object', properties: { answer: { type: 'string' } } } as const;
const text = (said: unknown) => ({ content: [{ type: 'text' as const, text: String(said) }] });

/** A notebook for each session; whichever process has the session, the lines are all there. */
export function createServer(session: Session<Notebook>): McpServer {
  const server = new McpServer({ name: 'notebook', version: '1.0.0' }, session.serverOptions);
  const inputSchema = z.object({ line: z.string() });

  server.registerTool('write', { inputSchema }, async ({ line }) => {
    const { lines } = await session.update((book) => ({ lines: [...book.lines, line] }));
    session.notify('notifications/message', { level: 'info', data: line });
    return text(JSON.stringify({ by: process.env.NODE_NAME, lines }));
  });

  server.registerTool('ask', { inputSchema }, async ({ line }, { mcpReq }) => {
    const { content } = await mcpReq.elicitInput({ message: line, requestedSchema });
    return text(content?.['answer']);
  });

  server.registerTool('work', { inputSchema }, async ({ line }, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken ?? '';
    for (let progress = 1; progress <= 5; progress++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      const params = { progressToken, progress, total: 5, message: line };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    return text(`${line}, done`);
  });
  return server;
}
