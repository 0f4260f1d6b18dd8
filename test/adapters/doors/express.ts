import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import createApp from 'express';
import { nodeHandler } from 'mcp-actors/node';
import { type Door, listen, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const express: Door = {
  name: 'express',
  async open(limits) {
    const rig = new Rig(limits);
    const app = createApp();
    app.use(createApp.json());
    app.use((request: { headers: object; auth?: AuthInfo | undefined }, _response, next) => {
      request.auth = authInfoFrom({ ...request.headers });
      next();
    });
    app.all('/mcp', nodeHandler(rig.runtime));
    const { origin, stop } = await listen(app);
    return rig.door(streamable(`http://${origin}/mcp`), stop);
  },
};
