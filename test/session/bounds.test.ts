import { describe, expect, it } from 'vitest';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

const big = 'x'.repeat(2000);

describe('what a session keeps of its client is bounded', () => {
  it('maxInitializeBytes: 413, counted, and no place is taken', async () => {
    const world = new FakeRuntime({ maxInitializeBytes: 1000 });
    const client = await WireClient.of(world.runtime);
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: big, version: '1' },
    };
    const refused = await client.post({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    expect(refused.status).toBe(413);
    expect(world.runtime.stats().limits).toEqual({ maxInitializeBytes: 1 });
    expect(world.runtime.stats().spawned).toBe(0);
    await client.shake();
    expect(world.runtime.stats().sessions.total).toBe(1);
  });

  it('maxSubscriptionBytes: one more is served, counted, and not renewed', async () => {
    const world = new FakeRuntime({ maxSubscriptionBytes: 3000, onCrash: 'restart' });
    const client = await world.open();
    for (const name of ['a', 'b']) await client.call('resources/subscribe', { uri: name + big });
    expect(world.runtime.stats().limits).toEqual({ maxSubscriptionBytes: 1 });

    await client.call('resources/unsubscribe', { uri: `a${big}` });
    await client.call('resources/subscribe', { uri: `c${big}` });
    const first = world.server;
    const [session] = world.runtime.residents();
    session?.own({
      close() {},
      on: (_: 'error', fail: (error: Error) => void) => fail(new Error('x')),
    });
    await client.call('tools/list');

    expect(world.server).not.toBe(first);
    const renewed = world.server.received.filter(
      (message) => 'method' in message && message.method === 'resources/subscribe',
    );
    expect(renewed.map((message) => 'params' in message && message.params)).toEqual([
      { uri: `c${big}` },
    ]);
  });
});

describe('a log level', () => {
  it('maxSubscriptionBytes: one that is too long is served, counted, and not renewed', async () => {
    const world = new FakeRuntime({ maxSubscriptionBytes: 1000, onCrash: 'restart' });
    const client = await world.open();
    await client.call('logging/setLevel', { level: 'error' });
    expect((await client.call('logging/setLevel', { level: 'info', big })).result).toBeDefined();
    expect(world.runtime.stats().limits).toEqual({ maxSubscriptionBytes: 1 });
    world.runtime.residents()[0]?.own({
      close() {},
      on: (_: 'error', fail: (error: Error) => void) => fail(new Error('x')),
    });
    await client.call('tools/list');
    const [, , level] = world.server.received;
    expect(level).toMatchObject({ method: 'logging/setLevel', params: { level: 'error' } });
  });
});

describe('a ping keeps nothing awake', () => {
  it('neither a client that pings nor its answers to a ping hold off idleTimeoutMs', async () => {
    const world = new FakeRuntime({ idleTimeoutMs: 10_000, sleep: false });
    const client = await world.open();
    await world.quiet();
    for (let n = 0; n < 4; n++) {
      expect((await client.call('ping')).result).toEqual({});
      world.server.ask(n, 'ping');
      await client.respond(n);
      expect(world.runtime.stats().sessions.idle).toBe(1);
      await world.clock.elapse(2400);
    }
    await world.clock.elapse(1000);
    expect(world.runtime.stats().evicted.expired).toBe(1);
  });

  it('is answered while a call is open, by the server', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await client.call('ping', {}, 2);
    expect(world.server.methods).toContain('ping');
    world.server.answer(1);
    await call;
  });
});
