import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constantFrom,
  nat,
  oneof,
  record,
} from 'fast-check';
import { createRuntime, type Runtime } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isRequest, type ResponseMessage } from '../../src/wire/jsonrpc.ts';
import { keepText, relabel } from '../../src/wire/verbatim.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

type Options = ConstructorParameters<typeof FakeRuntime>[0];

function worldOf(options: Options = {}): FakeRuntime {
  return new FakeRuntime({ sharedLists: true, ...options });
}

/** Which server has made the list that a client is given. */
async function madeBy(
  client: WireClient,
  method = 'tools/list',
  params?: object,
): Promise<unknown> {
  const { result } = await client.call(method, params as Record<string, unknown>);
  expect(result?.['method']).toBe(method);
  return result?.['server'];
}

/** Room for eight lists, each of another principal. */
function roomOfEight(): FakeRuntime {
  return worldOf({
    maxSharedListBytes: 8 * 1200,
    hook: (message, server) => {
      const isAsked = isRequest(message) && message.method === 'tools/list';
      if (isAsked) server.answer(message.id, { tools: ['x'.repeat(1000)] });
      return isAsked;
    },
  });
}

/** @returns whether a new session of a user gets the list of another one */
async function isShared(world: FakeRuntime, user: string, capabilities = {}): Promise<boolean> {
  const before = world.runtime.stats().sharedLists;
  await (await world.open(user, { capabilities })).call('tools/list');
  return world.runtime.stats().sharedLists > before;
}

describe('sharedLists', () => {
  it.each(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'])(
    'gives the %s of one session to the others, without asking their servers',
    async (method) => {
      const world = worldOf();
      const [a, b, c] = [await world.open(), await world.open(), await world.open()];
      const [first, second] = world.servers.map(({ number }) => number);
      expect(await madeBy(a, method)).toBe(first);
      for (const client of [a, b, c, b]) expect(await madeBy(client, method)).toBe(first);
      expect(world.servers.map(({ methods }) => methods.includes(method))).toEqual([
        true,
        false,
        false,
      ]);
      expect(world.runtime.stats()).toMatchObject({ sharedLists: 4, inFlight: 0 });
      // What is no list, or a page of one that is not the first, is for the session's own server.
      expect(await madeBy(b, 'tools/call')).toBe(second);
      expect(await madeBy(b, method, { cursor: 'x' })).toBe(second);
    },
  );

  it('is off unless asked for', async () => {
    const world = new FakeRuntime();
    const [a, b] = [await world.open(), await world.open()];
    expect(await madeBy(a)).not.toBe(await madeBy(b));
    expect(world.runtime.stats().sharedLists).toBe(0);
  });

  it('shares nothing between principals, revisions and clients that say other things of themselves', async () => {
    const world = worldOf();
    const clients = [
      await world.open(),
      await world.open('ann'),
      await world.open('bob'),
      await world.open('bob', { version: '2025-06-18' }),
      await world.open('bob', { capabilities: { sampling: {} } }),
    ];
    const makers: unknown[] = [];
    for (const client of clients) makers.push(await madeBy(client));
    expect(makers).toEqual(world.servers.map(({ number }) => number));
  });

  it('asks again after list_changed, and the session that said so has its own from then on', async () => {
    const world = worldOf();
    const [a, b, c] = [await world.open('ann'), await world.open('ann'), await world.open('ann')];
    const other = await world.open('bob');
    const [first, second, , fourth] = world.servers;
    for (const client of [a, b, c]) expect(await madeBy(client)).toBe(first!.number);
    expect(await madeBy(a, 'prompts/list')).toBe(first!.number);
    expect(await madeBy(other)).toBe(fourth!.number);
    first!.notify('notifications/tools/list_changed');
    expect(await madeBy(a)).toBe(first!.number);
    expect(await madeBy(b)).toBe(second!.number);
    expect(await madeBy(c)).toBe(second!.number);
    // Other lists, and those of others, are what they were.
    expect(await madeBy(c, 'prompts/list')).toBe(first!.number);
    expect(fourth!.methods.filter((method) => method === 'tools/list')).toHaveLength(1);
    expect(await madeBy(await world.open('bob'))).toBe(fourth!.number);
  });

  it('keeps no list that was asked for before a change', async () => {
    const world = worldOf({
      hook: (message) => 'method' in message && message.method === 'tools/list',
    });
    const [a, b] = [await world.open(), await world.open()];
    const [first, second] = world.servers;
    const asked = a.call('tools/list');
    await world.clock.elapse(0);
    second!.notify('notifications/tools/list_changed');
    first!.answer(first!.idOf('tools/list'), { tools: [] });
    expect((await asked).result).toEqual({ tools: [] });
    const again = world.open().then((client) => client.call('tools/list'));
    await expect.poll(() => world.server.methods).toContain('tools/list');
    world.server.answer(world.server.idOf('tools/list'), { tools: [1] });
    expect((await again).result).toEqual({ tools: [1] });
    expect(b.id).toBeDefined();
  });

  it('asks all servers again when the runtime tells of a change', async () => {
    const world = worldOf();
    const clients = [await world.open('ann'), await world.open('bob')];
    for (const client of clients) await madeBy(client);
    world.runtime.notify('tools/list_changed', { principal: 'ann' });
    const [ann, bob] = [await world.open('ann'), await world.open('bob')];
    expect(await madeBy(ann)).toBe(world.servers[2]!.number);
    expect(await madeBy(bob)).toBe(world.servers[1]!.number);
    world.runtime.notify('tools/list_changed');
    for (const user of ['ann', 'bob']) {
      const client = await world.open(user);
      expect(await madeBy(client)).toBe(world.server.number);
    }
  });

  it('asks the server of a session that was rebuilt', async () => {
    const world = worldOf({ idleTimeoutMs: 1000 });
    const [a, b] = [await world.open(), await world.open()];
    await madeBy(a);
    await world.clock.elapse(5000);
    expect(await madeBy(b)).toBe(world.server.number);
  });

  it('is a request like any other: counted, announced, limited, and cancelled while it waits', async () => {
    const world = worldOf({ concurrency: 1, maxCallsPerMinute: 3 });
    const [a, b] = [await world.open(), await world.open()];
    await madeBy(a);
    const settled = world.record('request.settled');
    await madeBy(b);
    expect(settled).toMatchObject([{ method: 'tools/list', outcome: 'answered' }]);
    const held = b.request('hold', undefined, 'held');
    const waits = b.request('tools/list', undefined, 'waits');
    await world.clock.elapse(0);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 2, sharedLists: 1 });
    await b.notify('notifications/cancelled', { requestId: 'waits' });
    expect((await waits).text).toBe('');
    expect((await b.call('tools/list')).error?.data?.['code']).toBe('rate-limited');
    await b.notify('notifications/cancelled', { requestId: 'held' });
    await held;
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, sharedLists: 1 });
  });

  it('keeps no answer whose numbers would be others', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"most":12345678901234567890}]}}';
    const world = worldOf({
      hook: (message, server) => {
        const isAsked = isRequest(message) && message.method === 'tools/list';
        if (!isAsked) return false;
        const response = JSON.parse(text) as ResponseMessage;
        keepText(response, text);
        void server.transport?.send(relabel(response, message.id));
        return true;
      },
    });
    for (const client of [await world.open(), await world.open()]) {
      const reply = await client.request('tools/list');
      expect((await reply.whole()).text).toContain('12345678901234567890');
    }
    expect(world.runtime.stats().sharedLists).toBe(0);
  });

  it.each([
    ['with a next page', { tools: [], nextCursor: 'x' }],
    ['with _meta', { tools: [], _meta: {} }],
  ])('keeps no answer %s', async (_what, result) => {
    const world = worldOf({
      hook: (message, server) => {
        const isAsked = isRequest(message) && message.method === 'tools/list';
        if (isAsked) server.answer(message.id, result);
        return isAsked;
      },
    });
    for (const client of [await world.open(), await world.open()]) await client.call('tools/list');
    expect(world.runtime.stats().sharedLists).toBe(0);
  });

  it('maxSharedListBytes: the lists of whoever used theirs longest ago make room', async () => {
    const world = roomOfEight();
    const users = Array.from({ length: 8 }, (_, n) => `user${n}`);
    for (const user of users) expect(await isShared(world, user)).toBe(false);
    expect(await isShared(world, 'user0')).toBe(true);
    expect(world.runtime.stats().limits).toEqual({});
    expect(await isShared(world, 'user8')).toBe(false);
    expect(world.runtime.stats().limits).toEqual({ maxSharedListBytes: 1 });
    for (const user of ['user0', 'user8', 'user2']) expect(await isShared(world, user)).toBe(true);
    expect(await isShared(world, 'user1')).toBe(false);
  });

  it('maxSharedListBytes: a principal whose clients say ever other things takes the lists of nobody else', async () => {
    const world = roomOfEight();
    for (const user of ['ann', 'bob']) expect(await isShared(world, user)).toBe(false);
    for (let n = 0; n < 20; n++) {
      expect(await isShared(world, 'bob', { experimental: { n } })).toBe(false);
    }
    expect(world.runtime.stats().limits).toEqual({ maxSharedListBytes: 20 });
    expect(await isShared(world, 'ann')).toBe(true);
    expect(await isShared(world, 'bob', { experimental: { n: 19 } })).toBe(true);
    expect(await isShared(world, 'bob', { experimental: { n: 18 } })).toBe(false);
  });

  it('maxSharedListBytes: what a client says of itself counts', async () => {
    const world = roomOfEight();
    const capabilities = { experimental: { text: 'x'.repeat(300) } };
    for (let n = 0; n < 2; n++) expect(await isShared(world, 'ann', capabilities)).toBe(false);
    expect(world.runtime.stats().limits).toEqual({ maxSharedListBytes: 2 });
  });

  it('maxSharedListBytes: a longer list is kept for nobody', async () => {
    const world = worldOf({ maxSharedListBytes: 10 });
    for (const client of [await world.open(), await world.open()]) await madeBy(client);
    expect(world.runtime.stats()).toMatchObject({
      limits: { maxSharedListBytes: 2 },
      sharedLists: 0,
    });
  });
});

/** @param which a user, or a session of those there are */
interface Step {
  readonly does: 'open' | 'announce' | 'list' | 'change';
  readonly which: number;
}

const STEP: Arbitrary<Step> = oneof(
  record({ does: constantFrom('open' as const, 'announce' as const), which: nat(2) }),
  record({
    does: constantFrom('list' as const, 'list' as const, 'change' as const),
    which: nat(9),
  }),
);

/** A session whose server is the SDK's, and its client. */
interface Visit {
  readonly user: string;
  readonly server: McpServer;
  readonly client: WireClient;
  /** What its server lists. */
  readonly names: Set<string>;
}

function add({ server, names }: Pick<Visit, 'server' | 'names'>, name: string): void {
  server.registerTool(name, { inputSchema: { text: z.string() } }, () => ({ content: [] }));
  names.add(name);
}

/** Sessions of several users, whose servers begin alike and are changed, each as it should be. */
class Changing {
  /** How many tools the servers of a user begin with. */
  readonly #common = new Map<string, number>();
  readonly #made = new Map<string, Pick<Visit, 'server' | 'names'>>();
  readonly #visits: Visit[] = [];
  readonly runtime: Runtime = createRuntime({
    sharedLists: true,
    report: false,
    principal: (_, { headers }) => headers['x-user'] as string | undefined,
    server: (session) => {
      const server = new McpServer({ name: 'lists', version: '1' }, session.serverOptions);
      const made = { server, names: new Set<string>() };
      for (const name of this.#namesOf(session.principal!)) add(made, name);
      this.#made.set(session.id, made);
      return server;
    },
  });

  /** @returns what a client was given, and what its server has, where a list is asked for */
  async step(step: Step): Promise<readonly [unknown, unknown]> {
    if (step.does === 'open') await this.#open(`u${step.which}`);
    else if (step.does === 'announce') this.#announce(`u${step.which}`);
    else {
      const { length } = this.#visits;
      const visit = this.#visits[step.which % Math.max(length, 1)];
      if (visit !== undefined && step.does === 'list') {
        const { result } = await visit.client.call('tools/list');
        const tools = result?.['tools'] as readonly { readonly name: string }[] | undefined;
        return [tools?.map(({ name }) => name), [...visit.names]];
      }
      if (visit !== undefined) add(visit, `own${visit.names.size}`);
    }
    return [undefined, undefined];
  }

  #namesOf(user: string): string[] {
    return Array.from({ length: 1 + (this.#common.get(user) ?? 0) }, (_, n) => `${user}${n}`);
  }

  async #open(user: string): Promise<void> {
    const client = await WireClient.open(this.runtime, { headers: { 'x-user': user } });
    this.#visits.push({ user, client, ...this.#made.get(client.id!)! });
  }

  /** One more for everybody: present servers get it, and later ones begin with it. */
  #announce(user: string): void {
    this.#common.set(user, (this.#common.get(user) ?? 0) + 1);
    this.runtime.notify('tools/list_changed', { principal: user });
    const name = this.#namesOf(user).at(-1)!;
    for (const visit of this.#visits) if (visit.user === user) add(visit, name);
  }
}

describe('sharedLists, over servers of the SDK', () => {
  it('give each client what its own server would have, whatever changes and whoever asks', async () => {
    await assert(
      asyncProperty(array(STEP, { maxLength: 30 }), async (steps) => {
        const changing = new Changing();
        await using _ = changing.runtime;
        for (const step of steps) {
          const [given, has] = await changing.step(step);
          expect(given).toEqual(has);
        }
      }),
      { numRuns: 60 },
    );
  });
});
