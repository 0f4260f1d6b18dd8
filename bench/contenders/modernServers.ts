import { McpServer, type ServerOptions } from '@modelcontextprotocol/server';
import { z } from 'zod';

import { description, FIELDS, info, type ServerName, WIDE_NAMES, wideFields } from './echo.ts';

/** Makes a server of SDK v2. */
export type MakeModernServer = (options?: ServerOptions) => McpServer;

interface Echo {
  readonly text?: string | undefined;
}

const answer = ({ text = '' }: Echo) => ({ content: [{ type: 'text' as const, text }] });

function echoing(fields: () => z.ZodObject<{ text: z.ZodType<string | undefined> }>) {
  return (options?: ServerOptions): McpServer => {
    const server = new McpServer(info, options);
    server.registerTool('echo', { description, inputSchema: fields() }, answer);
    return server;
  };
}

function wide(options?: ServerOptions): McpServer {
  const server = new McpServer(info, options);
  for (const name of WIDE_NAMES) {
    server.registerTool(name, { description, inputSchema: z.object(wideFields()) }, answer);
  }
  return server;
}

const hoisted = z.object(FIELDS);

/** The servers of `echo.ts`, of SDK v2. */
export const modernServers: Partial<Record<ServerName, MakeModernServer>> = {
  McpServer: echoing(() => z.object({ text: z.string() })),
  Hoisted: echoing(() => hoisted),
  Wide: wide,
};

/** @throws RangeError for a server that SDK v2 has no other form of */
export function modernServer(name: ServerName): MakeModernServer {
  const make = modernServers[name];
  if (make === undefined) throw new RangeError(`no server ${name} of SDK v2`);
  return make;
}
