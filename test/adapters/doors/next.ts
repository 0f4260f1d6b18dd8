import { getRequestListener } from '@hono/node-server';
import { nextMcp } from 'mcp-actors/next';
import { createContractServer, type Released } from '../contractServer.ts';
import { type Door, listen, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

let count = 0;

export const next: Door = {
  name: 'a route of next',
  async open(limits) {
    const released: Released = new Map();
    const { runtime, ...methods } = nextMcp<unknown>(`contract-${++count}`, {
      ...limits,
      server: (session) => createContractServer(session, released),
      authInfo: ({ headers }) => authInfoFrom(Object.fromEntries(headers)),
    });
    const route: Readonly<Record<string, (request: Request) => Promise<Response>>> = methods;
    const listener = getRequestListener(
      (request) => route[request.method]?.(request) ?? new Response(null, { status: 405 }),
      {
        overrideGlobalObjects: false,
      },
    );
    const { origin, stop } = await listen((...exchange) => void listener(...exchange));
    return new Rig({}, { runtime, released }).door(streamable(`http://${origin}/mcp`), stop);
  },
};
