import { describe, expect, it } from 'vitest';
import { storage } from '../../src/base/asyncContext.ts';
import type { Frame } from '../../src/cluster/frame.ts';
import { MemoryHub } from '../../src/cluster/memoryLink.ts';
import { Post } from '../../src/cluster/post.ts';
import { turn } from '../support/eventually.ts';
import { more } from './frames.ts';
import { SECRET, World } from './postWorld.ts';

describe('Post', () => {
  it('carries frames in order, and says who sent them and how many heard', async () => {
    const world = new World();
    const [a, b] = [await world.node('a#1'), await world.node('b#1')];
    const counts = await Promise.all([1, 2, 3].map((n) => a.post.post('b#1', more(n))));
    expect(counts).toEqual([1, 1, 1]);
    expect(b.heard).toEqual([1, 2, 3].map((n) => ({ from: 'a#1', frame: more(n) })));
    expect(await a.post.post('c#1', more(4))).toBe(0);
    expect(a.heard).toEqual([]);
  });

  it('sends what is said in one turn to one node in one message', async () => {
    const world = new World();
    const [a, b, c] = [await world.node('a#1'), await world.node('b#1'), await world.node('c#1')];
    const posts = [a.post.post('b#1', more(1)), a.post.post('c#1', more(1))];
    await Promise.resolve();
    posts.push(a.post.post('b#1', more(2)));
    await Promise.all(posts);
    expect(world.messages).toHaveLength(2);
    await a.post.post('b#1', more(3));
    expect(world.messages).toHaveLength(3);
    expect([b.heard.length, c.heard.length]).toEqual([3, 1]);
  });

  it('splits what is said in one turn where it is long', async () => {
    const world = new World();
    const [a, b] = [await world.node('a#1'), await world.node('b#1')];
    const body = 'x'.repeat(100 * 1024);
    await Promise.all([1, 2, 3, 4, 5].map((n) => a.post.post('b#1', more(n, body))));
    expect(world.messages.map(({ length }) => Math.round(length / 1024))).toEqual([200, 200, 100]);
    expect(b.heard.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5].map((n) => more(n, body)));
  });

  it('speaks as another incarnation from when the node is one', async () => {
    const world = new World();
    let self = 'a#1';
    const a = await world.node('a#1', { self: () => self });
    const b = await world.node('b#1');
    await a.post.post('b#1', more(1));
    self = 'a#2';
    await a.post.post('b#1', more(2));
    expect(b.heard.map(({ from }) => from)).toEqual(['a#1', 'a#2']);
  });

  it('hears each of its incarnations until it is deaf for one', async () => {
    const world = new World();
    const [a, b] = [await world.node('a#1'), await world.node('b#1')];
    await b.post.listen('b#2', (from, frame) => b.heard.push({ from, frame }));
    expect(await a.post.post('b#1', more(1))).toBe(1);
    await b.post.deafen('b#1');
    expect(await a.post.post('b#1', more(2))).toBe(0);
    expect(await a.post.post('b#2', more(3))).toBe(1);
    expect(b.heard.map(({ frame }) => frame)).toEqual([more(1), more(3)]);
  });

  it('says undefined where the way broke, and counts its generation up', async () => {
    const world = new World();
    const [a, b] = [await world.node('a#1'), await world.node('b#1')];
    const before = a.post.generation;
    a.link.break();
    expect(await a.post.post('b#1', more(1))).toBeUndefined();
    a.link.mend();
    expect(a.post.generation).toBeGreaterThan(before);
    expect(await a.post.post('b#1', more(2))).toBe(1);
    expect(b.heard.map(({ frame }) => frame)).toEqual([more(2)]);
  });

  it('keeps what is more than its window, in order, and tells how much', async () => {
    const held: (() => void)[] = [];
    const world = new World(new MemoryHub((arrive) => held.push(arrive)));
    const release = async (isDone: () => boolean): Promise<void> => {
      while (!isDone()) {
        held.shift()?.();
        await turn();
      }
    };
    let nodes: Awaited<ReturnType<World['node']>>[] = [];
    const made = Promise.all([world.node('a#1', { maxUnreadBytes: 1 }), world.node('b#1')]);
    await Promise.all([made.then((all) => (nodes = all)), release(() => nodes.length === 2)]);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const sizes: number[] = [];
    const posts: Promise<number | undefined>[] = [];
    for (const n of [1, 2, 3]) {
      posts.push(a.post.post('b#1', more(n, 'x'.repeat(1000))));
      await turn();
      sizes.push(a.post.unread('b#1'));
    }
    expect(world.messages).toHaveLength(1);
    expect(sizes.map((size) => Math.floor(size / 1000))).toEqual([1, 2, 3]);
    await release(() => a.post.unread('b#1') === 0);
    expect(await Promise.all(posts)).toEqual([1, 1, 1]);
    // What had to wait together went together.
    expect(world.messages).toHaveLength(2);
    await release(() => b.heard.length === 3);
    expect(b.heard.map(({ frame }) => 'n' in frame && frame.n)).toEqual([1, 2, 3]);
  });

  it('refuses a frame that is no JSON, or too long: nobody hears of it, and others go on', async () => {
    const world = new World();
    const a = await world.node('a#1', { maxMessageBytes: 2000 });
    const b = await world.node('b#1', { maxMessageBytes: 2000 });
    const wrong: Frame = { type: 'verb', id: 'a#1/1', verb: 'evict', about: 1n };
    const posts = [wrong, more(1, 'x'.repeat(2000)), more(2)];
    expect(await Promise.all(posts.map((frame) => a.post.post('b#1', frame)))).toEqual([0, 0, 1]);
    expect(a.refused).toEqual(['unsendable', 'unsendable']);
    expect(b.heard).toEqual([{ from: 'a#1', frame: more(2) }]);
    await world.forge('b#1', Buffer.alloc(2001));
    expect(b.refused).toEqual(['too-large']);
    expect(b.post.refused).toMatchObject({ 'too-large': 1, forged: 0 });
  });

  it('sends what was said before it closes, and nothing after', async () => {
    const world = new World();
    const [a, b] = [await world.node('a#1'), await world.node('b#1')];
    const said = a.post.post('b#1', more(1));
    const closed = a.post.close();
    expect(await a.post.post('b#1', more(2))).toBe(0);
    await closed;
    expect(await said).toBe(1);
    await a.post.close();
    expect(await b.post.post('a#1', more(3))).toBe(0);
    expect(b.heard.map(({ frame }) => frame)).toEqual([more(1)]);
  });

  it('is no part of the session whose code speaks', async () => {
    const world = new World();
    const a = await world.node('a#1');
    const seen: unknown[] = [];
    const b = new Post({
      link: world.hub.connect(),
      cluster: 'mcpa:',
      secrets: [SECRET],
      clock: world.clock,
      self: () => 'b#1',
      refused: () => {},
    });
    await b.listen('b#1', () => seen.push(storage!.getStore()));
    await storage!.run('a session', () => a.post.post('b#1', more(1)));
    expect(seen).toEqual([undefined]);
  });
});
