import { once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/server';
import type { Session } from 'mcp-actors';
import * as z from 'zod';

const inputSchema = z.object({ nonce: z.string() });

/** Repeats its client's nonce in all it says, so that each message shows whose it is. */
export function createServer({ serverOptions }: Session): McpServer {
  const server = new McpServer({ name: 'many-clients', version: '1.0.0' }, serverOptions);
  let cancelled: Promise<unknown> | undefined;

  server.registerTool('wait', { inputSchema }, async ({ nonce }, { mcpReq }) => {
    cancelled = once(mcpReq.signal, 'abort');
    const progressToken = mcpReq._meta?.progressToken ?? '';
    const params = { progressToken, progress: 1, message: nonce };
    await mcpReq.notify({ method: 'notifications/progress', params });
    await cancelled;
    return { content: [{ type: 'text', text: `${nonce} has left: nobody gets this` }] };
  });

  server.registerTool('work', { inputSchema }, async ({ nonce }, { mcpReq }) => {
    await cancelled; // never, if the cancel were lost or had gone to another session
    const progressToken = mcpReq._meta?.progressToken ?? '';
    for (let progress = 1; progress <= 3; progress++) {
      const params = { progressToken, progress, total: 3, message: nonce };
      await mcpReq.notify({ method: 'notifications/progress', params });
    }
    const requestedSchema = { type: 'object', properties: { nonce: { type: 'string' } } } as const;
    const { content } = await mcpReq.elicitInput({ message: nonce, requestedSchema });
    return { content: [{ type: 'text', text: `${nonce} ${String(content?.['nonce'])}` }] };
  });
  return server;
}
