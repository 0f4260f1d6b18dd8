import { describe, expect, it } from 'vitest';
import { ActorsError, currentSession, sessionLocal } from 'mcp-actors';
import { contextNow } from '../../src/session/context.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import type { WireClient } from '../support/wireClient.ts';

/** The key of the session this runs for, or why there is none. */
function here(): string {
  try {
    return currentSession().key;
  } catch (error) {
    return (error as ActorsError).code;
  }
}

/** Answers every request with what `look` finds, after a while. */
function looking(look: () => unknown) {
  return async (): Promise<FakeServer> => {
    await turn();
    return new FakeServer((message, server) => {
      if (!isRequest(message) || message.method === 'initialize') return false;
      void (async () => {
        await turn();
        server.answer(message.id, { saw: look() });
      })();
      return true;
    });
  };
}

const saw = async (client: WireClient) => (await client.call('x')).result?.['saw'];

describe('currentSession', () => {
  it('is the session of the handler, from any depth, however many run at once', async () => {
    const world = new FakeRuntime({ server: looking(here) });
    const clients = await Promise.all(Array.from({ length: 20 }, () => world.open()));
    const answers = await Promise.all(clients.map((client) => client.call('tools/list')));
    const seen = answers.map(({ result }) => result?.['saw']);
    expect(new Set(seen).size).toBe(20);
    expect(new Set(seen)).toEqual(new Set(world.runtime.residents().map(({ key }) => key)));
  });

  it('is the session being built, in its factory and its state', async () => {
    const seen: string[] = [];
    const world = new FakeRuntime({
      state: () => seen.push(here()),
      server: () => {
        seen.push(here());
        return world.serve();
      },
    });
    await world.open();
    expect(seen).toEqual(Array(2).fill(world.runtime.residents()[0]?.key));
  });

  it('throws no-session outside any session', () => {
    expect(here()).toBe('no-session');
    expect(() => currentSession()).toThrow(ActorsError);
  });

  it('is the own session in a release, whoever set the clock going that led to it', async () => {
    const seen: string[] = [];
    const world = new FakeRuntime({
      server: (session) => {
        session.own(() => {
          seen.push(here());
        });
        return world.serve();
      },
    });
    await world.open();
    await world.clock.elapse(60_000);
    await world.open();
    const keys = world.runtime.residents().map(({ key }) => key);
    await world.clock.elapse(3_600_000);
    expect(seen).toEqual(keys);
  });

  it('is nobody in a listener of runtime events', async () => {
    const world = new FakeRuntime();
    const seen = new Set<string>();
    for (const name of ['session.started', 'session.transition', 'message'] as const) {
      world.runtime.on(name, () => seen.add(here()));
    }
    const client = await world.open();
    await client.call('tools/list');
    await world.quiet();
    expect([...seen]).toEqual(['no-session']);
  });

  it('is nobody in the sweep: no session outlives itself there, none is blamed for another', async () => {
    const world = new FakeRuntime();
    const seen: string[] = [];
    const set = world.clock.setTimeout.bind(world.clock);
    world.clock.setTimeout = (callback, ms) => {
      seen.push(here());
      return set(callback, ms);
    };
    const client = await world.open();
    await client.get();
    await client.call('tools/list');
    await world.clock.elapse(60_000);
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen)).toEqual(new Set(['no-session']));
  });
});

describe('sessionLocal', () => {
  it('has a value of its own in every session, made when it is first asked for', async () => {
    let made = 0;
    const calls = sessionLocal(() => {
      made++;
      return new Set<number>();
    });
    const world = new FakeRuntime({
      server: looking(() => calls.get().add(calls.get().size).size),
    });
    const [a, b] = [await world.open(), await world.open()];
    expect(made).toBe(0);
    expect([await saw(a), await saw(a), await saw(b), await saw(a)]).toEqual([1, 2, 1, 3]);
    expect(made).toBe(2);
  });

  it('keeps two locals apart, and a value that is undefined', async () => {
    let made = 0;
    const one = sessionLocal<number | undefined>(() => void made++);
    const two = sessionLocal(() => 'two');
    const world = new FakeRuntime({
      server: looking(() => {
        const before = [one.get(), one.get(), two.get()];
        two.set('changed');
        return [...before, two.get()];
      }),
    });
    const client = await world.open();
    expect((await client.call('x')).result?.['saw']).toEqual([null, null, 'two', 'changed']);
    expect(made).toBe(1);
  });

  it('throws no-session outside any session', () => {
    const local = sessionLocal(() => 1);
    expect(() => local.get()).toThrow(expect.objectContaining({ code: 'no-session' }));
    expect(() => local.set(2)).toThrow(expect.objectContaining({ code: 'no-session' }));
  });
});

describe('a stray error', () => {
  it('has no session to go to outside any session', () => {
    expect(contextNow()).toBeUndefined();
  });

  it('crashes the session whose work it is of, and no other', async () => {
    const world = new FakeRuntime({
      server: looking(() => contextNow()?.stray(new Error('mine'), false)),
    });
    const [client, other] = [await world.open(), await world.open()];
    const crashes = world.record('session.crashed');
    const answer = await client.call('x');
    expect(answer.error?.data?.['code']).toBe('session-crashed');
    expect(crashes).toMatchObject([{ restarted: false, error: { message: 'mine' } }]);
    expect((await other.request('ping')).status).toBe(200);
  });

  it('ends no session that has nothing in flight: somebody else may have caused it', async () => {
    let late!: () => void;
    const world = new FakeRuntime({
      server: looking(() => {
        const context = contextNow();
        late = () => context?.stray(new Error('of a pool'), false);
      }),
    });
    const client = await world.open();
    const [crashes, escapes] = [world.record('session.crashed'), world.record('error.escaped')];
    await client.call('x');
    late();
    const [session] = world.runtime.residents();
    expect(crashes).toEqual([]);
    expect(escapes).toMatchObject([
      { session: session!.key, error: { message: 'of a pool' }, why: 'idle' },
    ]);
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, escaped: 1 });
    expect((await client.request('ping')).status).toBe(200);
  });

  it('is no fault of the session where this library threw it', async () => {
    const world = new FakeRuntime({
      server: looking(() => contextNow()?.stray(new Error('a defect'), true)),
    });
    const client = await world.open();
    const escapes = world.record('error.escaped');
    expect((await client.call('x')).error).toBeUndefined();
    expect(escapes).toMatchObject([{ session: undefined, why: 'defect' }]);
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, escaped: 1 });
  });
});
