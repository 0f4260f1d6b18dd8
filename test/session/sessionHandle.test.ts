import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Session } from 'mcp-actors';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

/** Crashes its session on the method `crash`. */
function crashing(message: object): void {
  if ('method' in message && message.method === 'crash') throw new Error('boom');
}

async function bump({ count }: { count: number }): Promise<{ count: number }> {
  await turn();
  return { count: count + 1 };
}

function sessionOf({ runtime }: FakeRuntime): Session {
  const [session] = runtime.residents();
  if (session === undefined) throw new Error('there is no session');
  return session;
}

describe('Session', () => {
  it('says whose it is and what was agreed', async () => {
    const world = new FakeRuntime();
    const client = await world.open('ann', { version: '2025-06-18' });
    await world.clock.elapse(1234);
    const session = sessionOf(world);
    expect(session).toMatchObject({
      id: client.id,
      principal: 'ann',
      era: 'legacy',
      protocolVersion: '2025-06-18',
      clientInfo: { name: 'wire', version: '1' },
      clientCapabilities: {},
      ageMs: 1234,
      wakeCount: 0,
    });
    expect(session.startedAt).toBe(world.clock.now() - 1234);
    expect([session.key, session.principalKey]).not.toContain('ann');
    await world.open();
    expect(world.runtime.residents()[1]?.principalKey).toBe('anonymous');
  });

  it('close() ends it as terminated, and works more than once', async () => {
    const world = new FakeRuntime();
    await world.open();
    const session = sessionOf(world);
    session.close();
    session.close();
    await turn();
    expect(world.runtime.stats().evicted.terminated).toBe(1);
  });

  it('log shows types and sizes of the last messages, and never what was in them', async () => {
    const world = new FakeRuntime({ maxLogEntries: 3 });
    const client = await world.open();
    await client.call('tools/call', { secret: 'hunter2' });
    const { log } = sessionOf(world);
    expect(log.map(({ direction, kind, method }) => [direction, kind, method])).toEqual([
      ['in', 'notification', 'notifications/initialized'],
      ['in', 'request', 'tools/call'],
      ['out', 'response', 'tools/call'],
    ]);
    expect(log.every(({ bytes }) => bytes > 0)).toBe(true);
    expect(JSON.stringify(log)).not.toContain('hunter2');
  });
});

describe('session.state and update()', () => {
  it('is fresh in every session, and changes one after the other', async () => {
    const world = new FakeRuntime({ state: () => ({ count: 0 }) });
    await world.open();
    await world.open();
    const [a, b] = world.runtime.residents() as Session<{ count: number }>[];
    if (a === undefined) throw new Error('there is no session');
    await Promise.all(Array.from({ length: 10 }, () => a.update(bump)));
    expect([a.state, b?.state]).toEqual([{ count: 10 }, { count: 0 }]);
  });

  it('keeps the state that a change returned nothing for', async () => {
    const world = new FakeRuntime({ state: () => ({ count: 0 }) });
    await world.open();
    const session = sessionOf(world) as Session<{ count: number }>;
    const after = await session.update((state) => {
      state.count = 5;
    });
    expect([after, session.state]).toEqual([{ count: 5 }, { count: 5 }]);
  });

  it('a change that fails is its caller to hear, and the next one runs', async () => {
    const world = new FakeRuntime({ state: () => 1 });
    await world.open();
    const session = sessionOf(world) as Session<number>;
    const failed = session.update(() => {
      throw new Error('mine');
    });
    const next = session.update((state) => state + 1);
    await expect(failed).rejects.toThrow('mine');
    expect(await next).toBe(2);
  });

  it('outlives a restart, as locals do', async () => {
    let made = 0;
    const world = new FakeRuntime({
      onCrash: 'restart',
      hook: crashing,
      state: () => ({ made: ++made }),
    });
    const client = await world.open();
    await client.call('crash');
    await client.call('tools/list');
    expect(sessionOf(world)).toMatchObject({ wakeCount: 1, state: { made: 1 } });
  });
});

describe('session.own', () => {
  const ends: [string, (world: FakeRuntime, client: WireClient) => unknown][] = [
    ['DELETE', (_, client) => client.delete()],
    ['close()', (world) => sessionOf(world).close()],
    ['a close by the server', (world) => world.server.transport?.close()],
    ['a crash', (_, client) => client.call('crash')],
    ['a restart', (_, client) => client.call('crash')],
    ['idleTimeoutMs', (world) => world.clock.elapse(3_600_000)],
    ['drain', (world) => world.runtime.drain({ deadlineMs: 10 })],
    ['runtime.close', (world) => world.runtime.close()],
  ];
  it.each(ends)('releases exactly once on %s', async (what, end) => {
    let count = 0;
    const world = new FakeRuntime({
      hook: crashing,
      onCrash: what === 'a restart' ? 'restart' : 'evict',
      server: (session) => {
        if (session.wakeCount === 0) session.own(() => count++);
        return world.serve(crashing);
      },
    });
    const client = await world.open();
    const { signal } = sessionOf(world);
    expect(signal.aborted).toBe(false);
    await end(world, client);
    await turn();
    expect([count, signal.aborted]).toEqual([1, true]);
    await world.runtime.close();
    expect(count).toBe(1);
  });

  it('releases what a factory owned before it failed', async () => {
    let count = 0;
    const world = new FakeRuntime({
      server: (session) => {
        session.own(() => count++);
        throw new Error('half built');
      },
    });
    await (await WireClient.of(world.runtime)).initialize();
    await turn();
    expect(count).toBe(1);
  });

  it('an owned emitter that emits error crashes its session, and nothing else', async () => {
    const emitters: EventEmitter[] = [];
    const world = new FakeRuntime({
      server: (session) => {
        const emitter = Object.assign(new EventEmitter(), { close: () => {} });
        emitters.push(session.own(emitter));
        return world.serve();
      },
    });
    const [, other] = [await world.open(), await world.open()];
    const crashes = world.record('session.crashed');
    emitters[0]?.emit('error', new Error('child died'));
    await turn();
    expect(crashes).toMatchObject([{ error: { message: 'child died' }, restarted: false }]);
    expect((await other.request('ping')).status).toBe(200);
    // An error of what is already released crashes nobody.
    emitters[0]?.emit('error', new Error('again'));
    expect(crashes).toHaveLength(1);
  });

  it('a late error of a resource that a restart has released crashes nobody', async () => {
    const emitters: EventEmitter[] = [];
    const world = new FakeRuntime({
      onCrash: 'restart',
      server: (session) => {
        const emitter = Object.assign(new EventEmitter(), { close: () => {} });
        emitters.push(session.own(emitter));
        return world.serve(crashing);
      },
    });
    const client = await world.open();
    await client.call('crash');
    await client.call('tools/list');
    const crashes = world.record('session.crashed');
    emitters[0]?.emit('error', new Error('killed'));
    expect(crashes).toEqual([]);
    expect((await client.call('tools/list')).error).toBeUndefined();
    expect(world.servers).toHaveLength(2);
  });

  it('throws session-over once the session has ended', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const session = sessionOf(world);
    await client.delete();
    await turn();
    expect(() => session.own(() => {})).toThrow(expect.objectContaining({ code: 'session-over' }));
  });
});
