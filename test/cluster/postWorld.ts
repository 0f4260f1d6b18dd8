import type { Incarnation } from '../../src/cluster/engine.ts';
import type { Frame } from '../../src/cluster/frame.ts';
import { MemoryHub, type MemoryLink } from '../../src/cluster/memoryLink.ts';
import { Post, type PostOptions } from '../../src/cluster/post.ts';
import { turn } from '../support/eventually.ts';
import { VirtualClock } from '../support/virtualClock.ts';

export const SECRET = 'a secret of 32 characters or so.';

interface Heard {
  readonly from: Incarnation;
  readonly frame: Frame;
}

/** Some nodes on one hub, and somebody who has the hub as well. */
export class World {
  readonly hub: MemoryHub;
  readonly clock = new VirtualClock();
  /** Each message that went to a node, as it is seen between them. */
  readonly messages: Buffer[] = [];

  constructor(hub = new MemoryHub()) {
    this.hub = hub;
  }

  /** A node that hears what it is told. */
  async node(self: Incarnation, options: Partial<PostOptions> = {}) {
    const link = this.hub.connect();
    const heard: Heard[] = [];
    const refused: string[] = [];
    const post = new Post({
      link: this.#watched(link),
      cluster: 'mcpa:',
      secrets: [SECRET],
      clock: this.clock,
      self: () => self,
      refused: (why) => refused.push(why),
      ...options,
    });
    await post.listen(self, (from, frame) => heard.push({ from, frame }));
    return { post, link, heard, refused };
  }

  /** Sends bytes as whoever has the hub. */
  async forge(to: Incarnation, message: Buffer): Promise<void> {
    const link = this.hub.connect();
    await link.send(to, message);
    await turn();
    await link.close();
  }

  #watched(link: MemoryLink): MemoryLink {
    const send = link.send.bind(link);
    link.send = (to, message) => {
      this.messages.push(Buffer.from(message));
      return send(to, message);
    };
    return link;
  }
}
