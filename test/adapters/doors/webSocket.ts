import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { serveWebSocket } from 'mcp-actors/websocket';
import { WebSocket } from 'ws';
import { authInfoOf, type Door, listen, Rig } from './door.ts';

// The transport takes the browser's, which this Node has not.
globalThis.WebSocket ??= WebSocket as never;

export const webSocket: Door = {
  name: 'WebSocket',
  async open(limits) {
    const rig = new Rig(limits);
    const { server, origin, stop } = await listen();
    serveWebSocket(rig.runtime, {
      server,
      // Browsers send no headers with a WebSocket, so neither does the transport.
      authenticate: ({ url = '' }) =>
        authInfoOf(new URL(url, 'ws://localhost').searchParams.get('user')),
    });
    const connect = (user = ''): WebSocketClientTransport =>
      new WebSocketClientTransport(new URL(`ws://${origin}/mcp?user=${user}`));
    // The v2 SDK has no transport of its own for it; its client takes this one.
    return rig.door({ v1: connect, v2: connect }, stop);
  },
};
