import { SSEClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { SSEClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { legacySse as handlerOf } from 'mcp-actors/node';
import { type Door, listen, Rig } from './door.ts';
import { authInfoFrom, headersFor } from './streamable.ts';

export const legacySse: Door = {
  name: 'legacy SSE',
  async open(limits) {
    const rig = new Rig(limits);
    const handler = handlerOf(rig.runtime);
    const { origin, stop } = await listen((request, response) => {
      handler(request, response, undefined, { authInfo: authInfoFrom(request.headers) });
    });
    const url = new URL(`http://${origin}/sse`);
    return rig.door(
      {
        v1: (user) => new TransportV1(url, headersFor(user)),
        v2: (user) => new TransportV2(url, headersFor(user)),
      },
      stop,
    );
  },
};
