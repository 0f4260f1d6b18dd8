import type { RuntimeOptions } from 'mcp-actors';
import { type RingLimits, SessionRings } from 'mcp-actors/watch';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

/** Rings on a runtime of fake servers. */
function attached(
  limits: Partial<RingLimits> = {},
  options: Partial<RuntimeOptions<unknown>> = {},
) {
  const world = new FakeRuntime(options);
  const rings = new SessionRings(world.runtime, limits);
  /** A session that is open, by its key. */
  const open = async () => {
    const before = new Set(world.runtime.residents().map(({ key }) => key));
    const client = await world.open();
    const key = world.runtime.residents().find((session) => !before.has(session.key))!.key;
    return { client, key };
  };
  return { world, rings, open };
}

describe('SessionRings', () => {
  it('keeps what happened to each session, oldest first, and why it ended', async () => {
    const { rings, open } = attached();
    const [one, two] = [await open(), await open()];
    await one.client.call('tools/list');
    await one.client.respond('nobody asked');
    await one.client.delete();
    await turn();
    const ring = rings.of(one.key)!;
    expect(ring.transitions[0]).toMatchObject({ from: 'new', to: 'initializing.building' });
    expect(ring.transitions.at(-1)).toMatchObject({ to: 'evicted' });
    expect(ring.messages.map(({ direction, method }) => `${direction} ${method}`)).toEqual([
      'in initialize',
      'out initialize',
      'in notifications/initialized',
      'in tools/list',
      'out tools/list',
      'in undefined',
    ]);
    expect(ring.deadLetters.map(({ reason }) => reason)).toEqual(['unknown']);
    expect([ring.ended, rings.of(two.key)?.ended]).toEqual(['terminated', undefined]);
    expect(rings.of(two.key)?.messages).toHaveLength(3);
    expect(rings.sessions).toEqual([one.key, two.key]);
  });

  it('keeps so many entries of each kind: messages push out no transition', async () => {
    const { rings, open } = attached({ maxEntries: 3 });
    const { client, key } = await open();
    for (let i = 0; i < 5; i++) await client.call(`call/${i}`);
    const { messages, transitions } = rings.of(key)!;
    expect(messages.map(({ method }) => method)).toEqual(['call/3', 'call/4', 'call/4']);
    expect(transitions).toHaveLength(3);
  });

  it('gives copies: a viewer sees a moment, and can change nothing', async () => {
    const { rings, open } = attached();
    const { client, key } = await open();
    const before = rings.of(key)!;
    await client.call('tools/list');
    expect(before.messages).toHaveLength(3);
    (before.messages as unknown[]).length = 0;
    expect(rings.of(key)?.messages).toHaveLength(5);
  });

  it('forgets the ended ones after so many, and of the others the one not heard of for longest', async () => {
    const { rings, open } = attached({ maxEnded: 2, maxSessions: 2 });
    const ended: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { client, key } = await open();
      await client.delete();
      await turn();
      ended.push(key);
    }
    const [a, b] = [await open(), await open()];
    await a.client.call('tools/list');
    const c = await open();
    expect(rings.sessions).toEqual([...ended.slice(1), a.key, c.key]);
    expect(rings.of(b.key)).toBeUndefined();
    // It is not lost: whatever is heard of it next begins anew.
    await b.client.call('tools/list');
    expect(rings.of(b.key)?.messages).toHaveLength(2);
  });

  it('holds to its bytes whatever is announced, the ended going first', async () => {
    const maxBytes = 40_000;
    const { rings, open } = attached({ maxBytes }, { announceContent: true });
    const old = await open();
    await old.client.delete();
    await turn();
    const { client, key } = await open();
    for (let i = 0; i < 60; i++) {
      await client.call('tools/list', { text: 'x'.repeat(i * 100) });
      expect(rings.bytes).toBeLessThanOrEqual(maxBytes);
    }
    expect(rings.of(old.key)).toBeUndefined();
    expect(rings.of(key)?.messages.length).toBeGreaterThan(0);
    rings.close();
    expect(rings.bytes).toBe(0);
  });

  it('leaves out the text of a long message', async () => {
    const { rings, open } = attached({ maxTextBytes: 100 }, { announceContent: true });
    const { client, key } = await open();
    await client.call('short', {}, 1);
    await client.call('long', { text: 'x'.repeat(100) }, 2);
    const texts = rings.of(key)?.messages.map(({ direction, method, text }) => {
      return `${direction} ${method} ${text !== undefined}`;
    });
    expect(texts).toEqual(
      expect.arrayContaining(['in short true', 'in long false', 'out long true']),
    );
  });

  it('counts its bytes exactly: what is forgotten gives back what it took', async () => {
    const { rings, open } = attached({ maxEntries: 2, maxEnded: 1, maxSessions: 1 });
    for (let i = 0; i < 10; i++) {
      const { client } = await open();
      await client.call('tools/list');
      await client.delete();
      await turn();
    }
    const { bytes } = rings;
    const { client } = await open();
    await client.call('tools/list');
    await client.delete();
    await turn();
    expect(rings.bytes).toBe(bytes);
    expect(rings.sessions).toHaveLength(1);
  });

  it('listens only while it is open', async () => {
    const { world, rings, open } = attached();
    const { events } = endpointOf(world.runtime).services;
    expect([events.watchesMessages, events.watchesTransitions]).toEqual([true, true]);
    rings.close();
    expect([events.watchesMessages, events.watchesTransitions]).toEqual([false, false]);
    const { key } = await open();
    expect([rings.of(key), rings.sessions, rings.bytes]).toEqual([undefined, [], 0]);
  });

  it.each([
    [{ maxEntries: 0 }, 'maxEntries must be an integer > 0, got 0'],
    [{ maxBytes: Infinity }, 'maxBytes must be an integer > 0, got Infinity'],
  ])('refuses %j', (limits, message) => {
    expect(() => new SessionRings(new FakeRuntime().runtime, limits)).toThrow(message);
  });
});
