import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { type Door, listen, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const hono: Door = {
  name: 'hono',
  async open(limits) {
    const rig = new Rig(limits);
    const app = new Hono();
    app.all('/mcp', (c) => {
      const authInfo = authInfoFrom(Object.fromEntries(c.req.raw.headers));
      return rig.runtime.fetch(c.req.raw, { authInfo });
    });
    const listener = getRequestListener(app.fetch);
    const { origin, stop } = await listen((...exchange) => void listener(...exchange));
    return rig.door(streamable(`http://${origin}/mcp`), stop);
  },
};
