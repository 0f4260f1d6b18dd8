import type { RuntimeOptions } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { connectInMemory } from 'mcp-actors/memory';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { sdkV1 } from '../support/sdkClients.ts';
import { MINUTE } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

const HOUR = 60 * MINUTE;

/** Sessions that own something and say nothing of sleep: they keep their server. */
function owning(options: Partial<RuntimeOptions<unknown>> = {}): FakeRuntime {
  const world: FakeRuntime = new FakeRuntime({
    // A comment every 15 s for six weeks is most of such a test.
    keepAliveMs: Infinity,
    ...options,
    server: (session) => {
      session.own(() => {});
      return world.serve();
    },
  });
  return world;
}

/** A client whose GET stream stays open. */
async function attached(world: FakeRuntime, user?: string): Promise<WireClient> {
  const client = await world.open(user);
  await client.get();
  return client;
}

async function opens(world: FakeRuntime, user?: string): Promise<number> {
  const headers = user === undefined ? {} : { headers: { 'x-user': user } };
  return (await (await WireClient.of(world.runtime, headers)).initialize()).status;
}

const status = async (client: WireClient): Promise<number> =>
  (await (await client.request('tools/list')).whole()).status;

// U10
describe.each([
  ['that owns something', {}],
  ['without sleep', { sleep: false }],
])('an attached session %s', (_which, options) => {
  it('ends when it was unused for evictAttachedAfterMs, and its client can begin anew', async () => {
    const world = owning(options);
    const client = await attached(world);
    await world.clock.elapse(24 * HOUR - MINUTE);
    expect(world.runtime.stats().sessions.idle).toBe(1);
    await world.clock.elapse(10 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { total: 0 },
      streams: 0,
      evicted: { expired: 1 },
      limits: { evictAttachedAfterMs: 1 },
    });
    const { status: gone, message } = await (await client.request('tools/list')).whole();
    expect([gone, message.error?.data]).toMatchObject([404, { reason: 'expired' }]);
    expect(await opens(world)).toBe(200);
  });

  it('is kept while it is used, and for ever with evictAttachedAfterMs: Infinity', async () => {
    const [used, kept] = [owning(options), owning({ ...options, evictAttachedAfterMs: Infinity })];
    const client = await attached(used);
    await attached(kept);
    for (let i = 0; i < 3; i++) {
      await used.clock.elapse(20 * HOUR);
      expect(await status(client)).toBe(200);
    }
    await kept.clock.elapse(1000 * HOUR);
    expect(kept.runtime.stats().sessions.idle).toBe(1);
  });

  it('counts its time though its stream is opened again and again', async () => {
    const world = owning(options);
    const client = await attached(world);
    for (let i = 0; i < 30; i++) {
      await client.get();
      await world.clock.elapse(HOUR);
    }
    expect(world.runtime.stats().evicted.expired).toBe(1);
  });

  it('makes room at the cap when it was unused for evictAfterMs, the longest unused first', async () => {
    const world = owning({ ...options, maxSessions: 2 });
    const first = await attached(world);
    await world.clock.elapse(20 * MINUTE);
    const second = await attached(world);
    expect(await opens(world)).toBe(503);
    await world.clock.elapse(20 * MINUTE);
    expect(await opens(world)).toBe(200);
    expect([await status(first), await status(second)]).toEqual([404, 200]);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { capacity: 1 },
      limits: { maxSessions: 1 },
    });
  });

  it('makes room for another of its principal', async () => {
    const world = owning({ ...options, maxSessionsPerPrincipal: 1 });
    const first = await attached(world, 'alice');
    expect(await opens(world, 'alice')).toBe(429);
    await world.clock.elapse(40 * MINUTE);
    expect(await opens(world, 'alice')).toBe(200);
    expect(await status(first)).toBe(404);
  });

  it('makes no room where unused sessions are kept for ever: evictAfterMs: Infinity', async () => {
    const world = owning({ ...options, maxSessions: 1, evictAfterMs: Infinity });
    await attached(world);
    await world.clock.elapse(10 * HOUR);
    expect(await opens(world)).toBe(503);
  });
});

describe('an attached session', () => {
  it('that sleeps is kept for as long as its stream', async () => {
    const world = new FakeRuntime({ keepAliveMs: Infinity });
    const client = await attached(world);
    await world.clock.elapse(1000 * HOUR);
    expect(world.runtime.stats()).toMatchObject({ sessions: { asleep: 1 }, streams: 1 });
    expect(await status(client)).toBe(200);
  });

  it('on a line of its own lasts as long as the line', async () => {
    const world = owning({ maxSessions: 1 });
    await sdkV1().connect(connectInMemory(world.runtime));
    await world.clock.elapse(1000 * HOUR);
    expect(world.runtime.stats().sessions.idle).toBe(1);
    expect(await opens(world)).toBe(503);
  });
});
