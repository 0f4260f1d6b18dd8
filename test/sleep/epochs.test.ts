import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { FakeServer } from '../support/fakeServer.ts';
import { HeldStore } from '../support/heldStore.ts';
import type { Rpc } from '../support/reply.ts';
import { MINUTE } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

async function settle(world: FakeRuntime, ms = 200): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
  await world.clock.elapse(ms);
  for (let i = 0; i < 8; i++) await turn();
}

async function moved(client: WireClient, to: FakeRuntime): Promise<WireClient> {
  const next = await WireClient.of(to.runtime);
  next.id = client.id;
  return next;
}

/** Asks its client something as soon as it hears that there is one, as many servers do. */
function asksAtOnce(method: string) {
  return (message: object, server: FakeServer): void => {
    if ('method' in message && message.method === 'notifications/initialized')
      server.ask(0, method);
  };
}

describe('the epoch of a rebuilt server', () => {
  it('is stored before it can ask anything: no two processes ask by the same ids', async () => {
    const store = new HeldStore();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    await settle(first);
    const asked: Rpc[] = [];
    // The second process dies before its store has taken anything, and the third one knows nothing of it.
    for (const method of ['roots/list', 'sampling/createMessage']) {
      const world = new FakeRuntime({ store, hook: asksAtOnce(method) });
      const again = await moved(client, world);
      const get = await again.get();
      const release = store.hold('write');
      const call = again.request('tools/list');
      await settle(world, 0);
      if (method !== 'roots/list') {
        release();
        await call;
        await settle(world, 0);
      }
      asked.push(...get.messages);
    }
    const ids = asked.filter(({ method }) => method !== undefined).map(({ id }) => id);
    expect(asked.map(({ method }) => method)).toContain('sampling/createMessage');
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is another one where the store takes nothing, before the factory runs', async () => {
    const store = new DurableMemory();
    const epochs: number[] = [];
    const first = new FakeRuntime({ store });
    const client = await first.open();
    await settle(first);
    for (let i = 0; i < 2; i++) {
      const world: FakeRuntime = new FakeRuntime({
        store,
        server: ({ wakeCount }) => {
          epochs.push(wakeCount + 1);
          return world.serve();
        },
      });
      await settle(world);
      const again = await moved(client, world);
      await again.request('ping');
      store.trouble = 'fails';
      await again.request('tools/list');
      store.trouble = undefined;
    }
    expect(epochs).toHaveLength(2);
    expect(epochs.every((epoch) => epoch > 2)).toBe(true);
    expect(new Set(epochs).size).toBe(2);
  });
});

describe('a server whose session ends while it is built', () => {
  it('is told nothing once it is released', async () => {
    let connect!: () => void;
    const world: FakeRuntime = new FakeRuntime({
      server: (session) => {
        const server = world.serve();
        if (session.wakeCount === 0) return server;
        const connected = server.connect.bind(server);
        server.connect = async (transport) => {
          await connected(transport);
          await new Promise<void>((resolve) => (connect = resolve));
        };
        return server;
      },
    });
    const client = await world.open();
    await settle(world, 6 * MINUTE);
    void client.request('tools/list');
    await turn();
    await client.delete();
    await turn();
    connect();
    await settle(world);
    expect([world.server.closes, world.server.methods]).toEqual([1, []]);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });
});

describe('what a session is woken for', () => {
  it('is still known to the next process, where this one only looked at it', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store });
    const client = await first.open();
    await client.get();
    first.server.ask(0, 'elicitation/create');
    await settle(first);
    // Attached for so long that what is stored of it has to be renewed.
    const second = new FakeRuntime({ store });
    await (await moved(client, second)).get();
    for (let i = 0; i < 6; i++) await settle(second, 10 * MINUTE);
    expect(second.runtime.stats().woken).toBe(0);
    const third = new FakeRuntime({ store });
    third.clock.advance(second.clock.now() - third.clock.now());
    await (await moved(client, third)).call('tools/list');
    expect(third.runtime.residents()[0]?.woken).toEqual({
      cause: 'restarted',
      kept: undefined,
      expired: ['elicitation/create'],
    });
  });

  it('is its sleep, where it was handed over asleep', async () => {
    const store = new DurableMemory();
    const first = new FakeRuntime({ store, onSleep: () => ({ page: 7 }) });
    const client = await first.open();
    await client.get();
    await settle(first, 6 * MINUTE);
    expect(first.runtime.stats().sessions.asleep).toBe(1);
    await first.runtime.close();
    const second = new FakeRuntime({ store });
    await (await moved(client, second)).call('tools/list');
    expect(second.runtime.residents()[0]?.woken).toMatchObject({
      cause: 'slept',
      kept: { page: 7 },
    });
  });

  it('is not a sleep that a message broke off', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, onSleep: () => ({ page: 7 }), onCrash: 'restart' });
    const client = await world.open();
    await settle(world);
    const release = store.hold('write');
    await settle(world, 6 * MINUTE - 52_000);
    expect(world.runtime.stats().sessions.idle).toBe(1);
    const call = client.call('tools/list');
    release();
    await call;
    const crash = new FakeRuntime({ store });
    await (await moved(client, crash)).call('tools/list');
    expect(crash.runtime.residents()[0]?.woken).toMatchObject({
      cause: 'restarted',
      kept: undefined,
    });
  });
});
