import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Link } from '../../src/cluster/link.ts';
import { eventually, turn } from '../support/eventually.ts';

/** The link of one node. */
export interface LinkOfTest {
  readonly link: Link;
}

/** A link whose way breaks, and is found again. */
export interface MendingLink extends LinkOfTest {
  /** Breaks the way to and from the node, and mends it. Resolves when the node can be heard again. */
  interrupt(): Promise<void>;
}

/** Makes the links of nodes that hear each other. The test that asks for a link ends it. */
export type ConnectLink<L extends LinkOfTest = MendingLink> = (boot: string) => Promise<L>;

/** Hears what is sent to an incarnation, as texts. */
async function heardBy({ link }: LinkOfTest, as: string): Promise<string[]> {
  const heard: string[] = [];
  await link.listen(as, (frame) => heard.push(frame.toString()));
  return heard;
}

function sendText({ link }: LinkOfTest, to: string, text: string): Promise<number | undefined> {
  return link.send(to, Buffer.from(text));
}

/** Bytes that went and came, by all ways. */
function bytesOf({ link }: LinkOfTest): number[] {
  return link.traffic.reduce(
    ([sent, heard], { bytesIn, bytesOut }) => [sent! + bytesOut, heard! + bytesIn],
    [0, 0],
  );
}

const range = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

/** What a link does that finds its way again. */
export function linkContract(name: string, connect: ConnectLink): void {
  carryContract(name, connect);
  mendContract(name, connect);
}

function mendContract(name: string, connect: ConnectLink): void {
  describe(`${name}, a link that mends`, () => {
    it('counts its generation up where the way broke, rejects nothing, and goes on', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      const heard = await heardBy(b, 'b#1');
      await sendText(a, 'b#1', 'before');
      await eventually(() => heard.length > 0);
      const generation = b.link.generation;
      const broken = range(50).map((text) => sendText(a, 'b#1', text));
      const mended = b.interrupt();
      const counts = await Promise.all(broken);
      await mended;
      expect(counts.filter((count) => count !== 0 && count !== 1 && count !== undefined)).toEqual(
        [],
      );
      expect(b.link.generation).toBeGreaterThan(generation);
      while ((await sendText(a, 'b#1', 'after')) !== 1) await turn();
      await eventually(() => heard.at(-1) === 'after');
      // What was lost is lost, what was heard was heard once and in order.
      const meanwhile = heard.slice(1, -1).map(Number);
      expect(meanwhile).toEqual([...new Set(meanwhile)].toSorted((one, two) => one - two));
    });

    it('does not know what came of frames whose way broke under them, and goes on', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      const heard = await heardBy(b, 'b#1');
      await heardBy(a, 'a#1');
      await sendText(a, 'b#1', 'before');
      const sent = sendText(a, 'b#1', 'x'.repeat(1024 * 1024));
      await a.interrupt();
      const count = await sent;
      while ((await sendText(a, 'b#1', 'after')) !== 1) await turn();
      await eventually(() => heard.at(-1) === 'after');
      // What was not heard was not said to have been heard.
      expect(heard.length).toBeGreaterThanOrEqual(count === 1 ? 3 : 2);
    });
  });
}

/** What every link does, also one whose way does not come back. */
export function carryContract(name: string, connect: ConnectLink<LinkOfTest>): void {
  describe(`${name}, a link`, () => {
    it('carries frames in order, to the one they were sent to', async () => {
      const [a, b, c] = [await connect('a'), await connect('b'), await connect('c')];
      const [atA, atB, atC] = [
        await heardBy(a, 'a#1'),
        await heardBy(b, 'b#1'),
        await heardBy(c, 'c#1'),
      ];
      const all = range(300);
      const counts = await Promise.all([
        ...all.map((text) => sendText(a, 'b#1', text)),
        ...all.map((text) => sendText(b, 'a#1', text)),
        ...all.map((text) => sendText(c, 'b#1', `c${text}`)),
      ]);
      expect(new Set(counts)).toEqual(new Set([1]));
      await eventually(() => atB.length === 600 && atA.length === 300);
      expect(atA).toEqual(all);
      expect(atB.filter((text) => !text.startsWith('c'))).toEqual(all);
      expect(atB.filter((text) => text.startsWith('c'))).toEqual(all.map((text) => `c${text}`));
      expect(atC).toEqual([]);
    });

    it('counts the bytes that go and come, each once', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      const [atA, atB] = [await heardBy(a, 'a#1'), await heardBy(b, 'b#1')];
      const [before, beforeB] = [bytesOf(a), bytesOf(b)];
      await sendText(a, 'b#1', 'x'.repeat(5000));
      await sendText(b, 'a#1', 'y'.repeat(70));
      await eventually(() => atB.length === 1 && atA.length === 1);
      const grown = (link: LinkOfTest, from: number[]): number[] =>
        bytesOf(link).map((bytes, i) => bytes - from[i]!);
      const [sentByA, heardByA] = grown(a, before);
      // Beside the frames, a link may have said something of its own.
      expect([sentByA! - 5000, heardByA! - 70].every((more) => more >= 0 && more < 70)).toBe(true);
      expect(grown(b, beforeB)).toEqual([heardByA, sentByA]);
    });

    it('says that nobody has heard what was sent to nobody', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      expect(await sendText(a, 'b#1', 'too early')).toBe(0);
      const heard = await heardBy(b, 'b#1');
      expect(await sendText(a, 'b#1', 'now')).toBe(1);
      expect(await sendText(a, 'nobody#1', 'never')).toBe(0);
      await eventually(() => heard.length > 0);
      expect(heard).toEqual(['now']);
    });

    it('hears what a node sends to itself', async () => {
      const a = await connect('a');
      const heard = await heardBy(a, 'a#1');
      expect(await sendText(a, 'a#1', 'ping')).toBe(1);
      await eventually(() => heard.length > 0);
      expect(heard).toEqual(['ping']);
    });

    it('hears several incarnations of a node apart, and is deaf for one of them when asked', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      const [first, second] = [await heardBy(b, 'b#1'), await heardBy(b, 'b#2')];
      expect(await sendText(a, 'b#1', 'one')).toBe(1);
      expect(await sendText(a, 'b#2', 'two')).toBe(1);
      await eventually(() => first.length + second.length === 2);
      await b.link.deafen('b#1');
      expect(await sendText(a, 'b#1', 'three')).toBe(0);
      expect(await sendText(a, 'b#2', 'four')).toBe(1);
      await eventually(() => second.length === 2);
      expect([first, second]).toEqual([['one'], ['two', 'four']]);
      await b.link.deafen('b#1');
    });

    it('hears by the last that was asked to', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      const [before, after] = [await heardBy(b, 'b#1'), await heardBy(b, 'b#1')];
      expect(await sendText(a, 'b#1', 'once')).toBe(1);
      await eventually(() => after.length > 0);
      expect([before, after]).toEqual([[], ['once']]);
    });

    it.each([0, 1, 1024 * 1024])('carries %d bytes as they are', async (length) => {
      const [a, b] = [await connect('a'), await connect('b')];
      const frame = randomBytes(length);
      const heard: Buffer[] = [];
      await b.link.listen('b#1', (bytes) => heard.push(bytes));
      const sent = a.link.send('b#1', frame);
      expect(a.link.unread('b#1')).toBe(length);
      expect(await sent).toBe(1);
      expect(a.link.unread('b#1')).toBe(0);
      await eventually(() => heard.length > 0);
      expect(Buffer.compare(heard[0]!, frame)).toBe(0);
      expect(a.link.unread('nobody#1')).toBe(0);
    });

    it('sends nothing and hears nothing when it is closed', async () => {
      const [a, b] = [await connect('a'), await connect('b')];
      const heard = await heardBy(b, 'b#1');
      expect(await sendText(a, 'b#1', 'before')).toBe(1);
      await eventually(() => heard.length > 0);
      await b.link.close();
      expect(await sendText(b, 'b#1', 'itself')).toBe(0);
      while ((await sendText(a, 'b#1', 'after')) !== 0) await turn();
      expect(heard.length).toBe(1);
      await Promise.all([b.link.close(), b.link.deafen('b#1')]);
    });
  });
}
