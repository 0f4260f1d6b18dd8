import { createServer } from 'node:http';

import { serve } from '@hono/node-server';

import { serveWebSocket } from '../../src/adapters/websocket.ts';
import type { Runtime } from '../../src/index.ts';
import { opened } from './actors.ts';
import type { Contender } from './contender.ts';
import { listenOn } from './http.ts';

/** `runtime.fetch` behind the server that web-standard frameworks have on node. */
export async function fetchDoor(runtime: Runtime): Promise<Contender> {
  const fetch = (request: Request): Promise<Response> => runtime.fetch(request);
  const port = await new Promise<number>((listening) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, (info) => listening(info.port));
  });
  return opened(runtime, port);
}

/** One session a socket. */
export async function webSocketDoor(runtime: Runtime): Promise<Contender> {
  const server = createServer();
  serveWebSocket(runtime, { server });
  return opened(runtime, await listenOn(server));
}
