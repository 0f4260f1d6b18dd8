import Koa, { type Context } from 'koa';
import { koaMcp } from 'mcp-actors/koa';
import { type Door, listen, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const koa: Door = {
  name: 'koa',
  async open(limits) {
    const rig = new Rig(limits);
    const app = new Koa();
    app.use(koaMcp(rig.runtime, { authInfo: ({ headers }: Context) => authInfoFrom(headers) }));
    const callback = app.callback();
    const { origin, stop } = await listen((...exchange) => void callback(...exchange));
    return rig.door(streamable(`http://${origin}/mcp`), stop);
  },
};
