import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';

import type { Session } from '../../../src/session/session.ts';

/** What a session of the bench keeps: some data of its user. */
export interface Visits {
  readonly visits: number;
  readonly name: string;
}

export const newcomer = (): Visits => ({ visits: 0, name: 'visitor' });

/** One tool, which counts its session's calls in its state: a session that forgets is found out. */
export function visitServer(session: Session<Visits>): Server {
  const server = new Server(
    { name: 'bench', version: '1.0.0' },
    { ...session.serverOptions, capabilities: { tools: {} } },
  );
  server.setRequestHandler(CallToolRequestSchema, async () => {
    const { visits } = await session.update((state) => ({ ...state, visits: state.visits + 1 }));
    return { content: [{ type: 'text', text: String(visits) }] };
  });
  return server;
}
