import { Server, type ServerOptions } from '@modelcontextprotocol/sdk/server/index.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import type { MakeServer } from './contender.ts';

export const info = { name: 'bench', version: '1.0.0' };

export const description = 'Returns the text it is given';
export const FIELDS = { text: z.string() };
/** 53 tools of 25 fields each. */
export const WIDE_NAMES = ['echo', ...Array.from({ length: 52 }, (_, n) => `tool_${n}`)];

/** The fields of one wide tool: `text`, and 24 others. */
export function wideFields(): { text: z.ZodOptional<z.ZodString> } {
  const others = Array.from({ length: 24 }, (_, n) => [`field_${n}`, z.string().optional()]);
  return { text: z.string().optional(), ...Object.fromEntries(others) };
}

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

/** Tools as many and as wide as a large server has them: a call of one is a call among them. */
function wide(options?: ServerOptions): McpServer {
  const server = new McpServer(info, options);
  for (const name of WIDE_NAMES) {
    server.registerTool(name, { description, inputSchema: wideFields() }, async ({ text }) => ({
      content: [{ type: 'text', text: text ?? '' }],
    }));
  }
  return server;
}

/** The tool of {@link highLevel} with its schema made once, where the module is loaded. */
function hoisted(options?: ServerOptions): McpServer {
  const server = new McpServer(info, options);
  server.registerTool('echo', { description, inputSchema: FIELDS }, async ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

/** A tool that asks its user first. */
function asking(options?: ServerOptions): McpServer {
  const server = new McpServer(info, options);
  server.registerTool(
    'echo',
    { description, inputSchema: { text: z.string() } },
    async ({ text }) => {
      const { action } = await server.server.elicitInput({
        message: text,
        requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } } },
      });
      return { content: [{ type: 'text', text: action }] };
    },
  );
  return server;
}

/** The one small server every SDK-based contender hosts, so that only the hosting differs. */
export const echoServers = {
  McpServer: highLevel,
  Server: lowLevel,
  Wide: wide,
  Hoisted: hoisted,
  Asking: asking,
} satisfies Record<string, MakeServer>;

export type ServerName = keyof typeof echoServers;
