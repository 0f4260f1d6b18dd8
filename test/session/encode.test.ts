import { describe, expect, it, onTestFinished } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { SessionStore } from '../../src/store/store.ts';

interface Cart {
  readonly items: readonly { readonly name?: string }[];
}

const MINUTE = 60_000;

/** Errors that nobody has caught while the test ran. */
function stray(): unknown[] {
  const errors: unknown[] = [];
  const note = (error: unknown): void => {
    errors.push(error);
  };
  process.on('unhandledRejection', note).on('uncaughtException', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
  });
  return errors;
}

describe.each([
  ['in memory', (): SessionStore | undefined => undefined],
  ['in a durable store', (): SessionStore | undefined => new DurableMemory()],
])('state.encode that throws for the state of one session, %s', (_, storeOf) => {
  it('keeps that session awake, says why, and nobody else notices', async () => {
    const errors = stray();
    const store: SessionStore | undefined = storeOf();
    const world = new FakeRuntime({
      ...(store !== undefined && { store }),
      state: {
        create: (): Cart => ({ items: [] }),
        encode: (cart) => (cart as Cart).items.map(({ name }) => name!.toUpperCase()),
        decode: (names) => ({ items: (names as string[]).map((name) => ({ name })) }),
      },
    });
    const failed = world.record('store.failed');
    const pinned = world.record('session.pinned');
    const [bad, good] = [await world.open('bad'), await world.open('good')];
    const sessions = world.runtime.residents();
    await sessions[0]!.update(() => ({ items: [{}] }));
    await sessions[1]!.update(() => ({ items: [{ name: 'apple' }] }));
    await world.clock.elapse(6 * MINUTE);
    expect(pinned).toEqual([{ session: sessions[0]!.key, why: 'state' }]);
    expect(failed[0]).toMatchObject({ session: sessions[0]!.key, doing: 'put' });
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, idle: 1 });
    for (const client of [bad, good]) {
      expect((await client.call('tools/list')).error).toBeUndefined();
    }
    expect(world.runtime.residents().map(({ state }) => state)).toEqual([
      { items: [{}] },
      { items: [{ name: 'APPLE' }] },
    ]);
    expect(errors).toEqual([]);
  });
});

describe('state.encode that throws for a while, in a durable store', () => {
  it('costs the client none of the events that are to be resumed', async () => {
    const store = new DurableMemory();
    let isBroken = false;
    const world = new FakeRuntime({
      store,
      state: {
        create: () => ({ n: 0 }),
        encode(state) {
          if (isBroken) throw new Error('not now');
          return state;
        },
      },
    });
    const client = await world.open();
    const [session] = world.runtime.residents();
    const rows = async (): Promise<number[]> => (await store.rows(client.id!)).map(({ n }) => n);
    const asked = client.request('hold');
    await world.clock.elapse(0);
    world.server.notify('notifications/message', { data: 'one' }, world.server.idOf('hold'));
    await world.clock.elapse(1000);
    const before = await rows();
    expect(before.length).toBeGreaterThan(1);
    isBroken = true;
    await session!.update(() => ({ n: 1 }));
    await world.clock.elapse(10_000);
    expect(await rows()).toEqual([]);
    isBroken = false;
    await session!.update(() => ({ n: 2 }));
    await world.clock.elapse(1000);
    expect(await rows()).toEqual(before);
    expect((await asked).status).toBe(200);
  });
});
