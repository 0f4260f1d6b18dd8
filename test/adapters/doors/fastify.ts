import createApp from 'fastify';
import { nodeHandler } from 'mcp-actors/node';
import { type Door, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const fastify: Door = {
  name: 'fastify',
  async open(limits) {
    const rig = new Rig(limits);
    const app = createApp({ forceCloseConnections: true });
    const handler = nodeHandler(rig.runtime);
    app.all('/mcp', ({ raw, headers, body }, reply) => {
      reply.hijack();
      handler(raw, reply.raw, body, { authInfo: authInfoFrom(headers) });
    });
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    return rig.door(streamable(`${address}/mcp`), () => app.close());
  },
};
