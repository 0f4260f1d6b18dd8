import { describe, expect, it } from 'vitest';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

async function call(client: WireClient) {
  const { error } = (await (await client.request('tools/list')).whole()).message;
  return error?.data;
}

describe('U18: calls in a minute', () => {
  it('maxCallsPerMinute: one session is held to them, counted, and another is not', async () => {
    const world = new FakeRuntime({ maxCallsPerMinute: 2 });
    const [alice, bob] = [await world.open('alice'), await world.open('bob')];
    expect([await call(alice), await call(alice)]).toEqual([undefined, undefined]);
    expect(await call(alice)).toEqual({ code: 'rate-limited', limit: 'maxCallsPerMinute' });
    expect(await call(bob)).toBeUndefined();
    const { limits, refusals } = world.runtime.stats();
    expect([limits['maxCallsPerMinute'], refusals['rate-limited']]).toEqual([1, 1]);
    await world.clock.elapse(30_000);
    expect(await call(alice)).toBeUndefined();
  });

  it('maxCallsPerMinutePerPrincipal: all sessions of a principal, and those it opens anew', async () => {
    const world = new FakeRuntime({ maxCallsPerMinutePerPrincipal: 3 });
    const [one, other] = [await world.open('alice'), await world.open('alice')];
    expect([await call(one), await call(other), await call(one)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const refused = { code: 'rate-limited', limit: 'maxCallsPerMinutePerPrincipal' };
    expect(await call(other)).toEqual(refused);
    await one.delete();
    await other.delete();
    await world.clock.elapse(1000);
    expect(await call(await world.open('alice'))).toEqual(refused);
    expect(await call(await world.open('bob'))).toBeUndefined();
  });

  it('tells a caller without authentication the code alone, and pings are free', async () => {
    const world = new FakeRuntime({ maxCallsPerMinute: 1 });
    const client = await world.open();
    expect(await call(client)).toBeUndefined();
    expect(await call(client)).toEqual({ code: 'rate-limited' });
    const pong = await (await client.request('ping')).whole();
    expect(pong.message.error).toBeUndefined();
  });
});

async function initialize(world: FakeRuntime, user?: string) {
  const headers = user === undefined ? {} : { headers: { 'x-user': user } };
  const client = await WireClient.of(world.runtime, headers);
  const { status, message } = await client.initialize();
  return { status, data: message.error?.data };
}

describe('U16: a refusal helps who must mend it', () => {
  it("is 429 for a caller's own quota, with the limit", async () => {
    const world = new FakeRuntime({ maxSessionsPerPrincipal: 1 });
    await (await world.open('alice')).get();
    expect(await initialize(world, 'alice')).toEqual({
      status: 429,
      data: { code: 'quota-reached', limit: 'maxSessionsPerPrincipal' },
    });
    expect((await initialize(world, 'bob')).status).toBe(200);
    expect(world.runtime.stats().refusals['quota-reached']).toBe(1);
  });

  it('is 503 where all places are taken, and names the limit to the authenticated alone', async () => {
    const world = new FakeRuntime({ maxSessions: 1 });
    await (await world.open('alice')).get();
    expect(await initialize(world, 'bob')).toEqual({
      status: 503,
      data: { code: 'at-capacity', limit: 'maxSessions' },
    });
    expect(await initialize(world)).toEqual({ status: 503, data: { code: 'at-capacity' } });
  });

  it('names what one session has too much of', async () => {
    const world = new FakeRuntime({ maxInFlight: 1 });
    const client = await world.open('alice');
    void client.request('hold', {}, 'held');
    expect(await call(client)).toEqual({ code: 'session-busy', limit: 'maxInFlight' });
  });
});
