import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/base/clock.ts';
import {
  WebSocketLink,
  type WebSocketLinkOptions,
} from '../../src/cluster/direct/webSocketLink.ts';
import { MemoryHub, type MemoryLink } from '../../src/cluster/memoryLink.ts';
import { eventually, turn } from '../support/eventually.ts';
import { TcpProxy } from '../support/tcpProxy.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { linkContract } from './linkContract.ts';

const SECRET = 'a secret of 32 characters or so.';
const OTHER = 'another secret of 32 characters.';

/** The nodes of one test: their fallback, and the networks between them. */
let hub = new MemoryHub();
let ways = new Map<string, TcpProxy>();
afterEach(() => {
  hub = new MemoryHub();
  ways = new Map();
});

interface Node {
  readonly link: WebSocketLink;
  readonly fallback: MemoryLink;
  /** How much went by the fallback. */
  readonly old: { count: number };
  readonly heard: string[];
}

async function node(boot: string, options: Partial<WebSocketLinkOptions> = {}): Promise<Node> {
  const fallback = hub.connect();
  const old = { count: 0 };
  const send = fallback.send.bind(fallback);
  fallback.send = (to, frame) => {
    old.count++;
    return send(to, frame);
  };
  const link = await WebSocketLink.open({
    boot,
    cluster: 'mcpa:',
    secrets: [SECRET],
    addressOf: (to) => {
      const way = ways.get(to.split('#')[0]!);
      return way && `ws://127.0.0.1:${way.port}`;
    },
    fallback,
    clock: systemClock,
    ...options,
  });
  onTestFinished(() => link.close());
  ways.set(boot, await TcpProxy.to(link.port));
  const heard: string[] = [];
  await link.listen(`${boot}#1`, (frame) => heard.push(frame.toString()));
  return { link, fallback, old, heard };
}

function say({ link }: Node, to: string, text: string): Promise<number | undefined> {
  return link.send(to, Buffer.from(text));
}

function cutAll(): void {
  for (const way of ways.values()) way.cut();
}

linkContract('WebSocketLink', async (boot) => {
  const { link } = await node(boot);
  await link.deafen(`${boot}#1`);
  const interrupt = async (): Promise<void> => {
    const { generation } = link;
    cutAll();
    await eventually(() => link.generation > generation);
  };
  return { link, interrupt };
});

describe('WebSocketLink', () => {
  it('has one connection for two nodes, and nothing by the fallback', async () => {
    const [a, b] = [await node('a'), await node('b')];
    expect(await say(a, 'b#1', 'one')).toBe(1);
    expect(await say(b, 'a#1', 'two')).toBe(1);
    expect([a.heard, b.heard]).toEqual([['two'], ['one']]);
    expect([ways.get('a')!.connections, ways.get('b')!.connections]).toEqual([0, 1]);
    expect([a.old.count, b.old.count]).toEqual([0, 0]);
  });

  it('carries everything both ways where two nodes dial each other at once', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const texts = Array.from({ length: 50 }, (_, n) => String(n));
    const counts = await Promise.all(
      texts.flatMap((text) => [say(a, 'b#1', text), say(b, 'a#1', text)]),
    );
    expect(new Set(counts)).toEqual(new Set([1]));
    expect([a.heard, b.heard]).toEqual([texts, texts]);
  });

  it('takes the fallback for a node that can not be dialled, and dials again after a time', async () => {
    const clock = new VirtualClock();
    const a = await node('a', { clock });
    const b = await node('b');
    const { target } = ways.get('b')!;
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    ways.get('b')!.target = (closed.address() as { port: number }).port;
    closed.close();
    await once(closed, 'close');
    expect(await say(a, 'b#1', 'one')).toBe(1);
    ways.get('b')!.target = target;
    clock.advance(29_999);
    expect(await say(a, 'b#1', 'two')).toBe(1);
    expect(a.old.count).toBe(2);
    expect(ways.get('b')!.connections).toBe(0);
    clock.advance(1);
    expect(await say(a, 'b#1', 'three')).toBe(1);
    // A mark goes by the fallback, behind what was sent there; then nothing.
    await eventually(() => a.old.count === 4);
    expect(await say(a, 'b#1', 'four')).toBe(1);
    expect(a.old.count).toBe(4);
    expect(b.heard).toEqual(['one', 'two', 'three', 'four']);
  });

  it('lets nothing overtake what is still on the fallback', async () => {
    const addresses = new Map<string, string>();
    const a = await node('a', { addressOf: (to) => addresses.get(to) });
    const b = await node('b');
    // As by a server between the two: what the server has taken is not yet there.
    const late: (() => void)[] = [];
    const listen = b.fallback.listen.bind(b.fallback);
    b.fallback.listen = (as, take) => listen(as, (frame) => late.push(() => take(frame)));
    for (const as of ['b#1', 'b#2']) {
      await b.link.listen(as, (frame) => b.heard.push(frame.toString()));
    }
    expect(await say(a, 'b#1', 'one')).toBe(1);
    expect(await say(a, 'b#2', 'two')).toBe(1);
    addresses.set('b#1', `ws://127.0.0.1:${b.link.port}`);
    expect(await say(a, 'b#1', 'three')).toBe(1);
    await eventually(() => late.length === 4);
    const said = say(a, 'b#1', 'four');
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(b.heard).toEqual([]);
    while (b.heard.length < 4) {
      late.shift()?.();
      await turn();
    }
    expect(await said).toBe(1);
    expect(b.heard).toEqual(['one', 'two', 'three', 'four']);
    // Three frames, and a mark for each incarnation.
    expect(a.old.count).toBe(5);
  });

  it('goes on by the fallback where a mark does not come', async () => {
    const clock = new VirtualClock();
    const addresses = new Map<string, string>();
    const a = await node('a', { addressOf: (to) => addresses.get(to), clock });
    const b = await node('b');
    const listen = b.fallback.listen.bind(b.fallback);
    let isLossy = false;
    b.fallback.listen = (as, take) => listen(as, (frame) => isLossy || take(frame));
    await b.link.listen('b#1', (frame) => b.heard.push(frame.toString()));
    await say(a, 'b#1', 'one');
    addresses.set('b#1', `ws://127.0.0.1:${b.link.port}`);
    await say(a, 'b#1', 'two');
    isLossy = true;
    await eventually(() => a.old.count === 3);
    const said = say(a, 'b#1', 'three');
    isLossy = false;
    // While the connection is alive, and nobody says that the mark is there.
    await eventually(() => clock.pending >= 2);
    await clock.elapse(2000);
    expect(await said).toBe(1);
    expect(b.heard).toEqual(['one', 'two', 'three']);
    expect(a.old.count).toBe(4);
  });

  it('goes on by the fallback where the way breaks, and directly again', async () => {
    const [a, b] = [await node('a'), await node('b')];
    await say(a, 'b#1', 'one');
    const { generation } = b.link;
    const way = ways.get('b')!;
    ways.delete('b');
    way.cut();
    await eventually(() => b.link.generation > generation);
    while ((await say(a, 'b#1', 'two')) !== 1) await turn();
    expect(a.old.count).toBe(1);
    ways.set('b', way);
    expect(await say(a, 'b#1', 'three')).toBe(1);
    await eventually(() => a.old.count === 3);
    expect(await say(a, 'b#1', 'four')).toBe(1);
    expect(a.old.count).toBe(3);
    expect(b.heard).toEqual(['one', 'two', 'three', 'four']);
  });

  it('drops a connection on which nothing comes any more: what was sent is not known to be heard', async () => {
    const clock = new VirtualClock();
    const [a, b] = [await node('a', { clock }), await node('b')];
    await say(a, 'b#1', 'one');
    // A network that swallows everything, and ends nothing.
    const way = ways.get('b')!;
    way.onRequest = () => true;
    way.onAnswer = () => true;
    const sent = say(a, 'b#1', 'two');
    const { generation } = a.link;
    await clock.elapse(1000);
    await eventually(() => clock.pending > 0 || a.link.generation > generation);
    await clock.elapse(1000);
    expect(await sent).toBeUndefined();
    expect(a.link.generation).toBeGreaterThan(generation);
    expect(b.heard).toEqual(['one']);
  });

  it.each<[string, Partial<WebSocketLinkOptions>]>([
    ['has another secret', { secrets: [OTHER] }],
    ['is of another cluster', { cluster: 'other:' }],
    ['is another process than the address was of', { boot: 'c' }],
  ])('has no connection to a node that %s', async (_what, options) => {
    const [a, b] = [await node('a'), await node('b', options)];
    await b.link.listen('b#1', (frame) => b.heard.push(frame.toString()));
    const way = ways.get('b')!;
    let requests = 0;
    way.onRequest = () => requests++ < 0;
    expect(await say(a, 'b#1', 'one')).toBe(1);
    expect(a.old.count).toBe(1);
    expect(b.heard.at(-1)).toBe('one');
    expect(requests).toBeGreaterThan(0);
    await eventually(() => way.connections === 0);
  });

  it('has a connection while a secret is replaced', async () => {
    const [a, b] = [
      await node('a', { secrets: [SECRET, OTHER] }),
      await node('b', { secrets: [OTHER, SECRET] }),
    ];
    expect(await say(a, 'b#1', 'one')).toBe(1);
    expect(await say(b, 'a#1', 'two')).toBe(1);
    expect([a.old.count, b.old.count]).toEqual([0, 0]);
  });

  it('tells a stranger nothing, and hears nothing of one', async () => {
    const b = await node('b');
    const said: Buffer[] = [];
    const data = Buffer.concat([Buffer.of(3, 3), Buffer.from('b#1'), Buffer.from('forged')]);
    const proof = Buffer.concat([Buffer.of(1), Buffer.alloc(32)]);
    for (const message of [data, proof, Buffer.of(2), Buffer.of(5), Buffer.from('GET'), 'text']) {
      const socket = new WebSocket(`ws://127.0.0.1:${b.link.port}`);
      socket.on('message', (bytes: Buffer) => said.push(bytes));
      await once(socket, 'open');
      socket.send(Buffer.concat([Buffer.of(0, 1), Buffer.alloc(16), Buffer.from('a')]));
      socket.send(message);
      await once(socket, 'close');
    }
    expect(b.heard).toEqual([]);
    // A greeting with a number, and no proof.
    expect(new Set(said.map(([type]) => type))).toEqual(new Set([0]));
    expect(b.link.generation).toBe(0);
  });

  it('lets nobody stay who says nothing, and no more in than it has room for', async () => {
    const clock = new VirtualClock();
    const b = await node('b', { clock, maxPeers: 1 });
    const silent = new WebSocket(`ws://127.0.0.1:${b.link.port}`);
    await once(silent, 'open');
    const second = new WebSocket(`ws://127.0.0.1:${b.link.port}`).on('error', () => {});
    await once(second, 'close');
    const left = once(silent, 'close');
    await eventually(() => clock.pending > 0);
    clock.advance(2000);
    await left;
    const third = new WebSocket(`ws://127.0.0.1:${b.link.port}`);
    onTestFinished(() => third.terminate());
    await once(third, 'message');
    expect(clock.pending).toBe(1);
  });
});
