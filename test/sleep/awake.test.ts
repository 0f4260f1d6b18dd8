import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MINUTE, sleep } from '../support/sleep.ts';
import type { WireClient } from '../support/wireClient.ts';

const status = async (client: WireClient, method = 'tools/list'): Promise<number> =>
  (await (await client.request(method)).whole()).status;

describe('who stays awake', () => {
  it.each([
    ['resources', {}, true],
    ['state', { state: () => ({ socket: new AbortController() }) }, false],
    ['state', { state: () => ({ later: () => 1 }) }, false],
    ['refused', { onSleep: () => false }, false],
  ] as const)('%s: it keeps its server until it expires', async (why, options, owns) => {
    const world = new FakeRuntime({
      server: (session) => {
        if (owns) session.own(() => {});
        return world.serve();
      },
      ...options,
    });
    const pinned = world.record('session.pinned');
    const client = await world.open();
    await sleep(world);
    expect(pinned).toMatchObject([{ why }]);
    expect(world.runtime.stats()).toMatchObject({ pinned: { [why]: 1 }, sessions: { idle: 1 } });
    const { sessions } = await world.runtime.list();
    expect(sessions).toMatchObject([{ state: 'idle.pinned', pinned: why }]);
    await client.call('tools/list');
    expect(world.runtime.stats().pinned[why]).toBe(0);
    expect([world.servers.length, world.server.closes]).toEqual([1, 0]);
    await sleep(world);
    await world.clock.elapse(30 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      pinned: { [why]: 0 },
      sessions: { total: 0 },
    });
  });

  it('onSleep lets a session with resources sleep; they are released afterwards', async () => {
    const order: string[] = [];
    const world = new FakeRuntime({
      onSleep: () => void order.push('onSleep'),
      server: (session) => {
        session.own(() => void order.push('released'));
        return world.serve();
      },
    });
    const client = await world.open();
    await sleep(world);
    expect([order, world.runtime.stats().sessions.asleep]).toEqual([['onSleep', 'released'], 1]);
    expect(await status(client)).toBe(200);
  });

  it('a message that comes while onSleep runs finds the server there, and nothing happened', async () => {
    let decide!: (kept: unknown) => void;
    const world = new FakeRuntime({ onSleep: () => new Promise((resolve) => (decide = resolve)) });
    const client = await world.open();
    await sleep(world);
    expect(world.runtime.residents()).toHaveLength(1);
    const call = client.call('tools/list');
    expect((await call).result?.['server']).toBe(world.servers[0]?.number);
    decide('too late');
    await turn();
    expect([world.servers.length, world.server.closes]).toEqual([1, 0]);
    expect(world.runtime.stats()).toMatchObject({ slept: 0, sessions: { active: 1 } });
  });

  it('onSleep of a sleep that was broken off decides nothing about the next one', async () => {
    const decide: ((kept: unknown) => void)[] = [];
    const onSleep = (): Promise<unknown> => new Promise((resolve) => void decide.push(resolve));
    const world = new FakeRuntime({ quietMs: 100, idleTimeoutMs: 100, onSleep });
    const client = await world.open();
    await world.clock.elapse(500);
    await client.call('tools/list');
    await world.clock.elapse(500);
    expect(decide).toHaveLength(2);
    decide[0]!(false);
    await turn();
    expect(world.runtime.stats()).toMatchObject({
      pinned: { refused: 0 },
      sessions: { asleep: 0 },
    });
    decide[1]!({ page: 7 });
    await turn();
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    await client.call('tools/list');
    expect(world.runtime.residents()[0]?.woken?.kept).toEqual({ page: 7 });
  });

  it('onSleep that throws is a crash of its session', async () => {
    const world = new FakeRuntime({
      onSleep: () => {
        throw new Error('no');
      },
    });
    const crashed = world.record('session.crashed');
    await world.open();
    await sleep(world);
    expect(crashed).toHaveLength(1);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { crashed: 1 },
      sessions: { total: 0 },
    });
  });

  it('onSleep that does not say within closeTimeoutMs is taken to refuse', async () => {
    let decide!: (kept: unknown) => void;
    const world = new FakeRuntime({ onSleep: () => new Promise((resolve) => (decide = resolve)) });
    await world.open();
    await sleep(world);
    await world.clock.elapse(5000);
    expect(world.runtime.stats()).toMatchObject({ pinned: { refused: 1 }, orphans: 1, slept: 0 });
    decide('too late');
    await turn();
    expect(world.runtime.stats()).toMatchObject({ pinned: { refused: 1 }, slept: 0, crashes: 0 });
  });

  it('onSleep that fails after a message came is no crash', async () => {
    let fail!: (error: Error) => void;
    const world = new FakeRuntime({ onSleep: () => new Promise((_, reject) => (fail = reject)) });
    const client = await world.open();
    await sleep(world);
    await client.call('tools/list');
    fail(new Error('no'));
    await turn();
    expect(world.runtime.stats()).toMatchObject({
      crashes: 0,
      orphans: 1,
      sessions: { active: 1 },
    });
  });

  it('sleep: false lets nobody sleep', async () => {
    const world = new FakeRuntime({ sleep: false });
    await world.open();
    await sleep(world);
    expect(world.runtime.stats()).toMatchObject({ slept: 0, evicted: { expired: 1 } });
  });
});
