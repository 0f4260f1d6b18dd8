import { createServer, type RequestListener } from 'node:http';

import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';

import type { Contender } from './contender.ts';
import { listenOn } from './http.ts';
import type { MakeModernServer } from './modernServers.ts';

/**
 * The recipe of SDK v2: a server for each request, of the stateless revision or of an older one.
 *
 * @param legacy what becomes of requests of older revisions
 */
export async function handler(
  make: MakeModernServer,
  legacy: 'reject' | 'stateless',
): Promise<Contender> {
  // Its types are stricter than node's own.
  const handle = toNodeHandler(createMcpHandler(() => make(), { legacy })) as RequestListener;
  const port = await listenOn(createServer(handle));
  return { port, busy: () => 0 };
}
