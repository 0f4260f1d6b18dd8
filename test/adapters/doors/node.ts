import { nodeHandler } from 'mcp-actors/node';
import { type Door, listen, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const node: Door = {
  name: 'node http',
  async open(limits) {
    const rig = new Rig(limits);
    const handler = nodeHandler(rig.runtime);
    const { origin, stop } = await listen((request, response) => {
      handler(request, response, undefined, { authInfo: authInfoFrom(request.headers) });
    });
    return rig.door(streamable(`http://${origin}/mcp`), stop);
  },
};
