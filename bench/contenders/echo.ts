import { Server, type ServerOptions } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import type { MakeServer } from './contender.ts';

export const info = { name: 'bench', version: '1.0.0' };

const description = 'Returns the text it is given';

function highLevel(options?: ServerOptions): McpServer {
  const server = new McpServer(info, options);
  server.registerTool(
    'echo',
    { description, inputSchema: { text: z.string() } },
    async ({ text }) => ({ content: [{ type: 'text', text }] }),
  );
  return server;
}

function lowLevel(options?: ServerOptions): Server {
  const server = new Server(info, { ...options, capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [
      {
        name: 'echo',
        description,
        inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
      },
    ],
  }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => ({
    content: [{ type: 'text', text: String(params.arguments?.['text']) }],
  }));
  return server;
}

/** The one small server every SDK-based contender hosts, so that only the hosting differs. */
export const echoServers = {
  McpServer: highLevel,
  Server: lowLevel,
} satisfies Record<string, MakeServer>;

export type ServerName = keyof typeof echoServers;
