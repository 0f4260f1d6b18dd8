import createApp from 'fastify';
import { fastifyMcp } from 'mcp-actors/fastify';
import { type Door, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const fastify: Door = {
  name: 'fastify',
  async open(limits) {
    const rig = new Rig(limits);
    const app = createApp({ forceCloseConnections: true });
    app.register(fastifyMcp(rig.runtime, { authInfo: ({ headers }) => authInfoFrom(headers) }));
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    return rig.door(streamable(`${address}/mcp`), () => app.close());
  },
};
