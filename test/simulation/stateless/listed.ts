import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ListToolsRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { UserCode } from '../userCode.ts';

const inputSchema = { type: 'object' as const, properties: {} };

/** Has a server answer what is asked before a call: which tools there are, and who follows what. */
export function answerAsListed(server: Server, user: UserCode): void {
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    await user.later('toolsList');
    return { tools: [{ name: 'echo', inputSchema }] };
  });
  server.setRequestHandler(SubscribeRequestSchema, async () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, async () => ({}));
}
