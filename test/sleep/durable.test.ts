import { type RuntimeOptions, sessionLocal } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { FaultyStore } from '../support/faultyStore.ts';
import { WireClient } from '../support/wireClient.ts';

const MINUTE = 60_000;
type Options = ConstructorParameters<typeof FakeRuntime>[0];

/** One process after the other on the same store; `kill` leaves the last one as it is. */
class Machine {
  readonly store = new DurableMemory();
  readonly options: Options;

  constructor(options: Options = {}) {
    this.options = options;
  }

  start(options: Options = {}): FakeRuntime {
    return new FakeRuntime({ store: this.store, ...this.options, ...options });
  }
}

/** The client of one process at the door of another. */
async function moved(client: WireClient, to: FakeRuntime): Promise<WireClient> {
  const next = await WireClient.of(to.runtime);
  next.id = client.id;
  return next;
}

const counting: Options = {
  state: () => ({ count: 0 }),
  hook: undefined as never,
};

/** A server whose `count` counts in the session's state. */
function counter(world: () => FakeRuntime): Options {
  return {
    ...counting,
    server: (session) =>
      world().serve((message, server) => {
        if (!('method' in message) || message.method !== 'count' || !('id' in message))
          return false;
        void session
          .update((state) => ({ count: (state as { count: number }).count + 1 }))
          .then((state) => server.answer(message.id, { state }));
        return true;
      }),
  };
}

async function settle(world: FakeRuntime): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
  await world.clock.elapse(200);
  for (let i = 0; i < 5; i++) await turn();
}

describe('a process that ends', () => {
  it('leaves its sessions to the next one: id, state, identity, log level', async () => {
    const machine = new Machine();
    const first: FakeRuntime = machine.start(counter(() => first));
    const client = await first.open();
    await client.call('logging/setLevel', { level: 'debug' });
    await client.call('count');
    await client.call('count');
    const { key } = first.runtime.residents()[0]!;

    const second: FakeRuntime = machine.start(counter(() => second));
    await settle(second);
    expect(second.runtime.stats().sessions).toMatchObject({ asleep: 1, total: 1 });
    const again = await moved(client, second);
    expect((await again.call('count')).result).toEqual({ state: { count: 3 } });
    const [session] = second.runtime.residents();
    expect([session?.key, session?.wakeCount, session?.woken?.cause]).toEqual([
      key,
      1,
      'restarted',
    ]);
    expect(second.server.methods).toContain('logging/setLevel');
    expect(second.runtime.stats()).toMatchObject({ woken: 1, sessions: { active: 1, asleep: 0 } });
  });

  it('in an orderly way says what it kept, and forgets nothing', async () => {
    const machine = new Machine();
    const first: FakeRuntime = machine.start(counter(() => first));
    const client = await first.open();
    await client.call('count');
    const drained = first.runtime.drain({ deadlineMs: 1000 });
    await first.clock.elapse(1000);
    expect(await drained).toMatchObject({ sessions: 1, kept: 1, cut: 0 });
    await first.runtime.close();
    expect(machine.store.closes).toBe(1);
    const second: FakeRuntime = machine.start(counter(() => second));
    const again = await moved(client, second);
    expect((await again.call('count')).result).toEqual({ state: { count: 2 } });
  });

  it('before the handshake was confirmed leaves a session whose client may yet confirm it', async () => {
    const machine = new Machine();
    const first = machine.start();
    const client = await WireClient.of(first.runtime);
    await client.initialize();
    const second = machine.start();
    const again = await moved(client, second);
    expect((await again.notify('notifications/initialized')).status).toBe(202);
    await turn();
    expect(second.server.methods).toEqual(['initialize', 'notifications/initialized']);
    expect(second.runtime.stats().handshakes).toBe(0);
  });

  it('leaves no session that was deleted, however late', async () => {
    const machine = new Machine();
    const first = machine.start();
    const client = await first.open();
    expect((await client.delete()).status).toBe(204);
    const second = machine.start();
    const again = await moved(client, second);
    expect((await again.request('tools/list')).status).toBe(404);
  });

  it('takes its questions along: the next server is told, and their answers are stale', async () => {
    const machine = new Machine();
    const first = machine.start();
    const client = await first.open();
    const get = await client.get();
    first.server.ask(0, 'elicitation/create');
    await get.until(({ messages }) => messages.length === 1);
    await settle(first);
    const second = machine.start();
    const expired = second.record('question.expired');
    const again = await moved(client, second);
    await again.respond(get.messages[0]!.id, { action: 'accept' });
    await settle(second);
    expect(expired).toMatchObject([{ method: 'elicitation/create', cause: 'restarted' }]);
    expect(second.runtime.residents()[0]?.woken?.expired).toEqual(['elicitation/create']);
    expect(second.server.received.filter((message) => !('method' in message))).toEqual([]);
    expect(second.runtime.stats().deadLetters.stale).toBe(1);
  });

  it('keeps named locals, and a session with a nameless one awake', async () => {
    const named = sessionLocal(() => [] as string[], { name: 'created' });
    const nameless = sessionLocal(() => 1);
    const server =
      (world: () => FakeRuntime): RuntimeOptions<unknown>['server'] =>
      () =>
        world().serve((message, fake) => {
          if (!('id' in message) || !('method' in message)) return false;
          if (message.method === 'nameless') nameless.get();
          if (message.method !== 'remember') return false;
          named.get().push('a');
          fake.answer(message.id, { all: [...named.get()] });
          return true;
        });
    const machine = new Machine();
    const first: FakeRuntime = machine.start({ server: server(() => first) });
    const client = await first.open();
    await client.call('remember');
    const second: FakeRuntime = machine.start({ server: server(() => second) });
    const again = await moved(client, second);
    expect((await again.call('remember')).result).toEqual({ all: ['a', 'a'] });
    await again.call('nameless');
    await second.clock.elapse(6 * MINUTE);
    await settle(second);
    expect(second.runtime.stats()).toMatchObject({ pinned: { state: 1 }, slept: 0 });
  });

  it('may be of another version: its state is migrated, and kept where that fails', async () => {
    const machine = new Machine();
    const first: FakeRuntime = machine.start(counter(() => first));
    const client = await first.open();
    await client.call('count');
    let isBroken = true;
    const second: FakeRuntime = machine.start({
      state: {
        create: () => ({}),
        version: 2,
        migrate: (state, from) => {
          if (isBroken) throw new Error('not yet');
          return { migrated: state, from };
        },
      },
    });
    const again = await moved(client, second);
    expect((await again.request('tools/list')).status).toBe(500);
    isBroken = false;
    expect((await again.request('tools/list')).status).toBe(200);
    expect(second.runtime.residents()[0]?.state).toEqual({ migrated: { count: 1 }, from: 1 });
  });

  it('encode and decode keep a state that is no plain data', async () => {
    class Cart {
      readonly items: string[];
      constructor(items: string[]) {
        this.items = items;
      }
    }
    const machine = new Machine({
      state: {
        create: () => new Cart(['apple']),
        encode: (cart) => (cart as Cart).items,
        decode: (items) => new Cart(items as string[]),
      },
    });
    const client = await machine.start().open();
    const second = machine.start();
    await (await moved(client, second)).call('tools/list');
    expect(second.runtime.residents()[0]?.state).toEqual(new Cart(['apple']));
    expect(second.runtime.residents()[0]?.state).toBeInstanceOf(Cart);
  });
});

describe('a session in a durable store', () => {
  it('is stored before its first answer leaves', async () => {
    const machine = new Machine();
    machine.store.trouble = 'hangs';
    const world = machine.start();
    const client = await WireClient.of(world.runtime);
    let isAnswered = false;
    void client.initialize().then(() => (isAnswered = true));
    await settle(world);
    expect(isAnswered).toBe(false);
    await world.clock.elapse(10_000);
    await eventually(() => isAnswered);
  });

  it('is not opened where it can not be stored', async () => {
    const machine = new Machine();
    machine.store.trouble = 'fails';
    const world = machine.start();
    const failed = world.record('store.failed');
    const client = await WireClient.of(world.runtime);
    const reply = await client.initialize();
    expect(reply.message.error).toMatchObject({ data: { code: 'store-unavailable' } });
    expect(reply.headers).not.toHaveProperty('mcp-session-id');
    await settle(world);
    expect(world.runtime.stats().sessions.total).toBe(0);
    expect(failed.length).toBeGreaterThan(0);
  });

  it('goes on in memory while its store fails, does not sleep, and is stored when it can be', async () => {
    const machine = new Machine();
    const world: FakeRuntime = machine.start(counter(() => world));
    const client = await world.open();
    machine.store.trouble = 'fails';
    expect((await client.call('count')).result).toEqual({ state: { count: 1 } });
    await world.clock.elapse(6 * MINUTE);
    await settle(world);
    expect(world.runtime.stats()).toMatchObject({ pinned: { store: 1 }, slept: 0 });
    machine.store.trouble = undefined;
    await world.clock.elapse(2000);
    await settle(world);
    const second: FakeRuntime = machine.start(counter(() => second));
    const again = await moved(client, second);
    expect((await again.call('count')).result).toEqual({ state: { count: 2 } });
  });

  it('is not taken for unknown where the store does not say: 503, and no 404', async () => {
    const machine = new Machine();
    const client = await machine.start().open();
    const second = machine.start();
    await settle(second);
    machine.store.trouble = 'fails';
    const again = await moved(client, second);
    const reply = await (await again.request('tools/list')).whole();
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    expect(reply.message.error?.data?.['code']).toBe('store-unavailable');
    machine.store.trouble = undefined;
    expect((await again.request('tools/list')).status).toBe(200);
  });

  it('that ended while the store failed does not come back, and DELETE says what it knows', async () => {
    const machine = new Machine();
    const world = machine.start();
    const client = await world.open();
    machine.store.trouble = 'fails';
    expect((await client.delete()).status).toBe(503);
    expect((await client.request('tools/list')).status).toBe(404);
    machine.store.trouble = undefined;
    expect((await client.request('tools/list')).status).toBe(404);
    await world.clock.elapse(2000);
    await settle(world);
    const again = await moved(client, machine.start());
    expect((await again.request('tools/list')).status).toBe(404);
  });

  it('wakes once for all who come while it is looked for', async () => {
    const machine = new Machine();
    const client = await machine.start().open();
    const second = machine.start();
    const again = await moved(client, second);
    const calls = ['a', 'b', 'c'].map((method) => again.call(method));
    const answers = await Promise.all(calls);
    expect(answers.map(({ result }) => result?.['method'])).toEqual(['a', 'b', 'c']);
    expect([second.servers.length, second.runtime.residents().length]).toEqual([1, 1]);
  });

  it("is looked for on nobody else's behalf", async () => {
    const machine = new Machine();
    const client = await machine.start().open('ann');
    const second = machine.start();
    const thief = await WireClient.of(second.runtime, { headers: { 'x-user': 'bob' } });
    thief.id = client.id;
    expect((await thief.request('tools/list')).status).toBe(404);
    expect(second.servers).toEqual([]);
  });

  it('falls asleep, leaves the process, and is found by the same one again', async () => {
    const machine = new Machine();
    const world: FakeRuntime = machine.start(counter(() => world));
    const client = await world.open();
    await client.call('count');
    await world.clock.elapse(6 * MINUTE);
    await settle(world);
    expect(world.runtime.residents()).toEqual([]);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, total: 1 });
    expect((await client.call('count')).result).toEqual({ state: { count: 2 } });
    expect(world.runtime.residents()[0]?.woken?.cause).toBe('slept');
  });

  it('expires in the store as in memory, also one that another process left', async () => {
    const machine = new Machine();
    const first = machine.start();
    await first.open();
    const second = machine.start();
    await settle(second);
    await second.clock.elapse(34 * MINUTE);
    await settle(second);
    expect(second.runtime.stats().sessions.asleep).toBe(1);
    await second.clock.elapse(3 * MINUTE);
    await settle(second);
    expect(second.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      sessions: { total: 0 },
    });
    expect(await machine.store.count()).toBe(0);
  });

  it('does not expire in the store while it is attached or at work', async () => {
    const machine = new Machine();
    const first = machine.start();
    const [listening, working] = [await first.open(), await first.open()];
    await listening.get();
    void working.request('hold', {}, 1);
    for (let i = 0; i < 12; i++) {
      await first.clock.elapse(10 * MINUTE);
      await settle(first);
    }
    const second = machine.start();
    second.clock.advance(120 * MINUTE);
    const again = await Promise.all([listening, working].map((each) => moved(each, second)));
    const replies = await Promise.all(again.map((each) => each.request('tools/list')));
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('writes what changes together: a hundred sessions cost a few writes', async () => {
    const machine = new Machine();
    const world: FakeRuntime = machine.start(counter(() => world));
    const clients = await Promise.all(Array.from({ length: 100 }, () => world.open()));
    await settle(world);
    const before = machine.store.writes;
    await Promise.all(clients.map((client) => client.call('count')));
    expect(machine.store.writes - before).toBeLessThan(20);
  });
});

describe('runtime.evict, runtime.evictPrincipal, runtime.wake, runtime.list', () => {
  it('find sessions wherever they are', async () => {
    const machine = new Machine();
    const first = machine.start();
    const clients = [await first.open('ann'), await first.open('ann'), await first.open('bob')];
    const second = machine.start();
    await settle(second);
    const page = await second.runtime.list({ principal: 'ann', limit: 1 });
    expect(page.sessions).toHaveLength(1);
    const rest = await second.runtime.list({
      principal: 'ann',
      ...(page.next !== undefined && { after: page.next }),
    });
    const ids = [...page.sessions, ...rest.sessions].map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([clients[0]!.id, clients[1]!.id]));
    expect(ids).toHaveLength(2);
    expect((await second.runtime.wake(clients[0]!.id!))?.principal).toBe('ann');
    expect(await second.runtime.wake('nobody')).toBeUndefined();
    const { sessions } = await second.runtime.list({ state: 'active' });
    expect(sessions).toMatchObject([{ id: clients[0]!.id, epoch: 2 }]);
    expect(await second.runtime.evictPrincipal('ann')).toBe(2);
    expect(await second.runtime.evict(clients[2]!.id!, 'terminated')).toBe(true);
    expect(await second.runtime.evict(clients[2]!.id!)).toBe(false);
    expect(second.runtime.stats()).toMatchObject({
      evicted: { revoked: 2, terminated: 1 },
      sessions: { total: 0 },
    });
    expect(await machine.store.count()).toBe(0);
  });
});

describe('a record that can not be read', () => {
  it('is put aside: its client gets 404, the failure is announced, and others go on', async () => {
    const memory = new DurableMemory();
    const first = new FakeRuntime({ store: memory });
    const [broken, whole] = [await first.open(), await first.open()];
    const store = new FaultyStore(memory, 1);
    const second = new FakeRuntime({ store });
    const failed = second.record('store.failed');
    store.damage(broken.id!);
    const again = await Promise.all([broken, whole].map((client) => moved(client, second)));
    const replies = await Promise.all(again.map((client) => client.request('tools/list')));
    expect(replies.map((reply) => reply.status)).toEqual([404, 200]);
    expect(failed).toMatchObject([{ doing: 'get', error: { code: 'record-corrupt' } }]);
    expect((await again[0]!.request('tools/list')).status).toBe(404);
  });
});
