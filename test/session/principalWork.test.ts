import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { Gates } from '../support/gates.ts';
import { HostRig } from '../support/hostRig.ts';
import { rejected } from '../support/rejected.ts';
import type { Reply } from '../support/reply.ts';
import { WireClient } from '../support/wireClient.ts';

const codeOf = ({ message }: Reply): unknown => message.error?.data?.['code'];

/** Asks for something that the server never answers by itself. */
function hold(client: WireClient, ...ids: number[]): void {
  for (const id of ids) void client.request('hold', {}, id);
}

describe('maxInFlightPerPrincipal', () => {
  it('bounds the requests of all sessions of one principal, and of nobody else', async () => {
    const world = new FakeRuntime({ maxInFlightPerPrincipal: 4 });
    const [first, second] = [await world.open('ann'), await world.open('ann')];
    const [bob, stranger] = [await world.open('bob'), await world.open()];
    hold(first, 1, 2);
    hold(second, 1, 2);
    await turn();
    const refused = await second.request('tools/list', {}, 3);
    expect([refused.status, codeOf(refused)]).toEqual([200, 'session-busy']);
    for (const other of [bob, stranger]) {
      expect((await other.request('tools/list')).status).toBe(200);
    }
    expect(world.runtime.stats()).toMatchObject({
      inFlight: 4,
      limits: { maxInFlightPerPrincipal: 1 },
      refusals: { 'session-busy': 1 },
    });
    world.servers[0]!.answer(1);
    await turn();
    expect(codeOf(await second.request('tools/list', {}, 4))).toBeUndefined();
  });

  it('does not bind anonymous callers, who are many', async () => {
    const world = new FakeRuntime({ maxInFlightPerPrincipal: 2 });
    const clients = await Promise.all(Array.from({ length: 4 }, () => world.open()));
    for (const client of clients) hold(client, 1, 2);
    await turn();
    expect(world.runtime.stats()).toMatchObject({ inFlight: 8, limits: {} });
  });

  it('counts notifications while they wait: one too many is a dead letter', async () => {
    const world = new FakeRuntime({
      maxInFlightPerPrincipal: 3,
      concurrency: 1,
    });
    const client = await world.open('ann');
    hold(client, 1, 2);
    await turn();
    // Handed over in order of arrival, so they wait behind the second request.
    for (let i = 0; i < 2; i++) expect((await client.notify('notifications/x')).status).toBe(202);
    expect(world.runtime.stats()).toMatchObject({
      deadLetters: { full: 1 },
      limits: { maxInFlightPerPrincipal: 1 },
    });
    world.server.answer(1);
    await turn();
    world.server.answer(2);
    await turn();
    expect(world.server.methods.filter((method) => method === 'notifications/x')).toHaveLength(1);
    hold(client, 3, 4, 5);
    await turn();
    expect(world.runtime.stats().inFlight).toBe(3);
  });

  it.each([
    ['cancels', (client: WireClient) => client.notify('notifications/cancelled', { requestId: 1 })],
    ['ends its session', (client: WireClient) => client.delete()],
  ])('is free again when the client %s', async (_how, leave) => {
    const world = new FakeRuntime({ maxInFlightPerPrincipal: 1, closeTimeoutMs: 1000 });
    const [first, second] = [await world.open('ann'), await world.open('ann')];
    hold(first, 1);
    await turn();
    expect(codeOf(await second.request('tools/list'))).toBe('session-busy');
    await leave(first);
    await world.clock.elapse(1000);
    await eventually(() => world.runtime.stats().inFlight === 0);
    expect(codeOf(await second.request('tools/list'))).toBeUndefined();
  });

  it('does not keep a principal from opening a session: that has limits of its own', async () => {
    const world = new FakeRuntime({ maxInFlightPerPrincipal: 1 });
    hold(await world.open('ann'), 1);
    await turn();
    const next = await world.open('ann');
    expect(codeOf(await next.request('tools/list'))).toBe('session-busy');
  });

  it('does not let the bytes of others keep anybody from opening a session', async () => {
    const world = new FakeRuntime({ maxQueueTotalBytes: 4000 });
    const flood = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida'];
    for (const name of flood) {
      const client = await world.open(name);
      void client.request('hold', { text: 'x'.repeat(300) }, 1);
    }
    await turn();
    const last = await world.open('ida');
    void last.request('hold', { text: 'x'.repeat(300) }, 2);
    await turn();
    expect(world.runtime.stats().limits['maxQueueTotalBytes']).toBeGreaterThan(0);
    const before = world.runtime.stats().bytesIn.messages;
    const alice = await WireClient.of(world.runtime, { headers: { 'x-user': 'alice' } });
    expect((await alice.initialize()).message.result).toBeDefined();
    expect(world.runtime.stats().bytesIn.messages).toBe(before);
  });

  it('bounds the calls of all scopes of a principal in a host', async () => {
    const rig = new HostRig({ maxInFlightPerPrincipal: 2 });
    const enter = async () => (await rig.enter({ 'x-user': 'ann' })).scope;
    const [one, two] = [await enter(), await enter()];
    const gates = new Gates();
    const work = (_: unknown, signal: AbortSignal): Promise<void> => gates.pass('work', signal);
    const running = [one.run(work), two.run(work)];
    expect(await rejected(two.run(() => 1))).toMatchObject({ code: 'scope-busy' });
    const bob = (await rig.enter({ 'x-user': 'bob' })).scope;
    expect(await bob.run(() => 1)).toBe(1);
    gates.open('work');
    await Promise.all(running);
    expect(await two.run(() => 1)).toBe(1);
    expect(rig.host.stats().limits).toEqual({ maxInFlightPerPrincipal: 1 });
  });
});
