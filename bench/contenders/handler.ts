import { createServer, type RequestListener } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';

import type { Contender } from './contender.ts';
import { listenOn } from './http.ts';
import type { MakeModernServer } from './modernServers.ts';

/** The recipe of SDK v2 for the stateless revision: a server for each request. */
export async function handler(make: MakeModernServer): Promise<Contender> {
  // Its types are stricter than node's own.
  const handle = toNodeHandler(
    createMcpHandler(() => make(), { legacy: 'reject' }),
  ) as RequestListener;
  const port = await listenOn(createServer(handle));
  return { port, busy: () => 0 };
}
