import { type Door, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

export const fetch: Door = {
  name: 'fetch',
  async open(limits) {
    const rig = new Rig(limits);
    return rig.door(
      streamable('http://127.0.0.1/mcp', (url, init) => {
        const request = new Request(url, init);
        const authInfo = authInfoFrom(Object.fromEntries(request.headers));
        return rig.runtime.fetch(request, { authInfo });
      }),
    );
  },
};
