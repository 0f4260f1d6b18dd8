import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

async function shaken(world: FakeRuntime): Promise<WireClient> {
  const client = await WireClient.of(world.runtime);
  await client.initialize();
  return client;
}

describe('a handshake that is not confirmed', () => {
  it('is confirmed by what comes while its server is rebuilt', async () => {
    const builds: (() => void)[] = [];
    const world: FakeRuntime = new FakeRuntime({
      onCrash: 'restart',
      server: (session) => {
        const server = world.serve((message) => {
          if ('method' in message && message.method === 'ping') throw new Error('boom');
        });
        if (session.wakeCount === 0) return server;
        return new Promise((resolve) => builds.push(() => resolve(server)));
      },
    });
    const client = await shaken(world);
    await client.call('ping');
    await turn();
    await client.notify('notifications/initialized');
    builds[0]!();
    await turn();
    expect(world.server.methods).toEqual(['initialize', 'notifications/initialized']);
    expect(world.runtime.stats().handshakes).toBe(0);
    await world.clock.elapse(120_000);
    expect(world.runtime.stats()).toMatchObject({ evicted: { 'handshake-timeout': 0 } });
  });

  it('is confirmed by whatever its client says to the next process', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await shaken(first);
    const second = new FakeRuntime({ store });
    const again = await WireClient.of(second.runtime);
    again.id = client.id;
    expect((await again.notify('notifications/roots/list_changed')).status).toBe(202);
    await second.clock.elapse(120_000);
    expect(second.runtime.stats()).toMatchObject({
      handshakes: 0,
      sessions: { active: 0, idle: 1 },
    });
  });
});
