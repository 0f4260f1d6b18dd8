import { connectInMemory } from 'mcp-actors/memory';
import { authInfoOf, type Door, Rig } from './door.ts';

export const memory: Door = {
  name: 'in memory',
  async open(limits) {
    const rig = new Rig(limits);
    const connect = (user: string | undefined) => {
      const authInfo = authInfoOf(user);
      return connectInMemory(rig.runtime, authInfo === undefined ? {} : { authInfo });
    };
    return rig.door({ v1: connect, v2: connect });
  },
};
