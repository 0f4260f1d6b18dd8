import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import { createRuntime, type Runtime, type Session } from 'mcp-actors';
import { offer, type Offer } from 'mcp-actors/machine';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { z } from 'zod';
import { turn } from '../support/eventually.ts';
import { ModernClient } from '../support/modernClient.ts';
import type { Rpc } from '../support/reply.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { WireClient } from '../support/wireClient.ts';

const shop = setup({
  types: {
    context: {} as { items: string[]; receipt: string },
    events: {} as
      | { type: 'item.added'; item: string }
      | { type: 'order.placed' }
      | { type: 'order.withdrawn'; why: string }
      | { type: 'reviewed' },
  },
  actors: { pay: fromPromise(async () => 'receipt 1') },
  guards: {
    hasItems: ({ context }) => context.items.length > 0,
    isNew: ({ context, event }) =>
      event.type === 'item.added' && !context.items.includes(event.item.toLowerCase()),
  },
}).createMachine({
  id: 'shop',
  context: { items: [], receipt: '' },
  initial: 'open',
  states: {
    open: {
      description: 'The cart is open',
      on: {
        'item.added': {
          guard: 'isNew',
          actions: assign({ items: ({ context, event }) => [...context.items, event.item] }),
        },
        'order.placed': { guard: 'hasItems', target: 'paying' },
      },
    },
    paying: {
      description: 'The order is being paid.',
      invoke: {
        src: 'pay',
        onDone: { target: 'paid', actions: assign({ receipt: ({ event }) => event.output }) },
      },
    },
    paid: { on: { 'order.*': 'open', reviewed: 'over' } },
    over: { type: 'final', description: 'All is done' },
  },
});

type ShopSession = Session<undefined, typeof shop>;

const SERVERS = {
  v1: (session: ShopSession) =>
    new McpServerV1({ name: 'shop', version: '1' }, session.serverOptions),
  v2: (session: ShopSession) =>
    new McpServerV2({ name: 'shop', version: '1' }, session.serverOptions),
};

const offers: Offer[] = [];

function offerShop(server: McpServerV1 | McpServerV2, { actor }: ShopSession): void {
  const made = offer(
    server,
    actor,
    {
      add_item: {
        event: 'item.added',
        description: 'Adds an item.',
        input: z.object({ item: z.string() }),
        config: { annotations: { idempotentHint: false } },
        answer: ({ context }, { item }) => `${item}: ${context.items.length}`,
      },
      place_order: {
        event: 'order.placed',
        until: (snapshot) => snapshot.matches('paid'),
        answer: ({ context }) => ({
          content: [{ type: 'text', text: context.receipt }],
        }),
      },
      withdraw: {
        event: 'order.withdrawn',
        input: z.object({ reason: z.string() }),
        members: ({ reason }) => ({ why: String(reason) }),
        listed: ({ context }) => context.items.length < 2,
        answer: (_, { why }) => why,
      },
      review: { event: 'reviewed' },
    },
    { resource: true },
  );
  offers.push(made);
}

function start(version: keyof typeof SERVERS): { runtime: Runtime; clock: VirtualClock } {
  const clock = new VirtualClock();
  const runtime = createRuntime({
    clock,
    machine: shop,
    report: false,
    principal: (_, { headers }) => headers['x-user'] as string | undefined,
    server(session) {
      const server = SERVERS[version](session);
      offerShop(server, session);
      // Both take it: only their types are not one.
      (server as McpServerV2).registerTool('plain', {}, () => ({
        content: [{ type: 'text', text: 'plain' }],
      }));
      return server;
    },
  });
  onTestFinished(async () => {
    const closed = runtime.close();
    await clock.elapse(60_000);
    await closed;
  });
  return { runtime, clock };
}

const said = ({ result, error }: Rpc): string => {
  const [content] = (result?.['content'] ?? []) as readonly { readonly text: string }[];
  return `${result?.['isError'] === true ? '! ' : ''}${content?.text ?? JSON.stringify(error)}`;
};

const namesOf = ({ result }: Rpc): string[] => {
  const tools = (result?.['tools'] ?? []) as readonly { readonly name: string }[];
  return tools.map(({ name }) => name);
};

async function rounds(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn();
}

describe.each(['v1', 'v2'] as const)('offer, to a server of %s', (version) => {
  async function world() {
    const { runtime } = start(version);
    let changes = 0;
    runtime.on('message', ({ method, direction }) => {
      if (direction === 'out' && method === 'notifications/tools/list_changed') changes++;
    });
    const client = await WireClient.open(runtime);
    const call = async (name: string, args: object = {}): Promise<string> =>
      said(await client.call('tools/call', { name, arguments: args }));
    const listed = async (): Promise<string[]> => namesOf(await client.call('tools/list'));
    await rounds();
    return { runtime, client, call, listed, changes: () => changes };
  }

  it('lists the tools whose event the state takes, and those that are not of the machine', async () => {
    const { call, listed } = await world();
    expect(await listed()).toEqual(['add_item', 'plain']);
    expect(await call('add_item', { item: 'apple' })).toBe('apple: 1');
    expect(await listed()).toEqual(['add_item', 'place_order', 'plain']);
    expect(await call('plain')).toBe('plain');
  });

  it('waits for what the event sets going, and says of each step which tool sent its event', async () => {
    const { call, listed, runtime } = await world();
    const steps: string[] = [];
    runtime.on('actor.transition', ({ event, tool = 'none' }) => steps.push(`${event} ${tool}`));
    onTestFinished(() => {
      expect(steps).toEqual([
        'item.added add_item',
        'xstate.init place_order',
        'order.placed place_order',
        'xstate.done.actor.0.shop.paying none',
        'xstate.promise.resolve none',
        'order.withdrawn withdraw',
      ]);
    });
    await call('add_item', { item: 'apple' });
    expect(await call('place_order')).toBe('receipt 1');
    expect(await listed()).toEqual(['place_order', 'withdraw', 'review', 'plain']);
    expect(await call('withdraw', { reason: 'too dear' })).toBe('too dear');
  });

  it('refuses what the state does not take, with the state and the tools that would do', async () => {
    const { call } = await world();
    expect(await call('place_order')).toBe(
      '! Not possible now. The cart is open. Tools that would do: add_item.',
    );
    await call('add_item', { item: 'apple' });
    // A guard that looks at the arguments.
    expect(await call('add_item', { item: 'Apple' })).toBe(
      '! Not possible now. The cart is open. Tools that would do: add_item, place_order.',
    );
    await call('place_order');
    expect(await call('add_item', { item: 'pear' })).toBe(
      '! Not possible now. The state is shop.paid. Tools that would do: place_order, withdraw, review.',
    );
    expect(await call('review')).toBe('All is done. Nothing can be done now.');
    expect(await call('review')).toBe(
      '! Not possible now. All is done. No tool does anything now.',
    );
  });

  it('never makes a type of an event of what a client says', async () => {
    const { client, call } = await world();
    const args = { item: 'apple', type: 'order.placed', __proto__: { type: 'reviewed' } };
    const text = JSON.stringify({
      jsonrpc: '2.0',
      id: 9,
      method: 'tools/call',
      params: { name: 'add_item', arguments: args },
    }).replace('"item"', '"__proto__":{"type":"reviewed"},"item"');
    const reply = await (await client.post(text)).whole();
    expect(said(reply.message)).toBe('apple: 1');
    expect(await call('review')).toContain('The cart is open');
    expect(await call('add_item', { item: 1 })).toMatch(/^(!|{)/);
  });

  it('tells the client when the list changes: once a turn, and not where nothing changed', async () => {
    const { call, changes } = await world();
    expect(changes()).toBe(0);
    await call('add_item', { item: 'apple' });
    await rounds();
    expect(changes()).toBe(1);
    await call('add_item', { item: 'pear' });
    await rounds();
    expect(changes()).toBe(1);
    await call('place_order');
    await rounds();
    // By way of a state that is left within the call, two turns at most.
    expect(changes()).toBeLessThanOrEqual(3);
    expect(changes()).toBeGreaterThan(1);
  });

  it('says the state in words as a resource, and to whoever asks', async () => {
    const { client, call } = await world();
    const words = 'The cart is open.\nWhat can be done next:\n- add_item: Adds an item.';
    const { result } = await client.call('resources/read', { uri: 'machine://state' });
    expect(result).toMatchObject({ contents: [{ uri: 'machine://state', text: words }] });
    expect(offers.at(-1)!.describe()).toBe(words);
    await call('add_item', { item: 'apple' });
    expect(offers.at(-1)!.available()).toEqual(['add_item', 'place_order']);
  });

  it('in the stateless revision lists all, and refuses in the same way', async () => {
    const { runtime } = start(version);
    const client = await ModernClient.in(runtime, 'ann');
    expect(namesOf(await client.ask('tools/list'))).toEqual([
      'add_item',
      'place_order',
      'withdraw',
      'review',
      'plain',
    ]);
    expect(said(await client.call('place_order'))).toBe(
      '! Not possible now. The cart is open. Tools that would do: add_item.',
    );
    expect(said(await client.call('add_item', { item: 'apple' }))).toBe('apple: 1');
    // The same caller, in another request.
    expect(said(await client.call('add_item', { item: 'pear' }))).toBe('pear: 2');
    expect(said(await client.call('place_order'))).toBe('receipt 1');
  });

  it('tells an anonymous caller of the session that its event has changed', async () => {
    const { runtime } = start(version);
    const client = await ModernClient.in(runtime);
    const { result } = await client.call('add_item', { item: 'apple' });
    const [session] = /[a-z2-7]{26}/.exec(JSON.stringify(result)) ?? [];
    const headers = { 'mcp-param-session': session };
    const again = await client.call('add_item', { item: 'pear', session }, {}, { headers });
    expect(said(again)).toBe('pear: 2');
    const other = await client.call('add_item', { item: 'pear' });
    expect(said(other)).toBe('pear: 1');
  });

  it('goes on after sleep with the list that the client was told last', async () => {
    const { runtime, clock } = start(version);
    const client = await WireClient.open(runtime);
    await client.call('tools/call', { name: 'add_item', arguments: { item: 'apple' } });
    await clock.elapse(2000);
    await clock.elapse(310_000);
    await rounds();
    expect(runtime.stats().sessions.asleep).toBe(1);
    expect(namesOf(await client.call('tools/list'))).toEqual(['add_item', 'place_order', 'plain']);
  });
});

/** Compiled, and never run. */
const typed = (server: McpServerV1, { actor }: ShopSession): void => {
  // @ts-expect-error: no event of the machine
  offer(server, actor, { x: { event: 'item.lost' } });
  offer(server, actor, {
    add: {
      event: 'item.added',
      answer: (snapshot, event) => {
        expectTypeOf(event).toEqualTypeOf<{ type: 'item.added'; item: string }>();
        expectTypeOf(snapshot.context.items).toEqualTypeOf<string[]>();
        return event.item;
      },
    },
    // @ts-expect-error: the event has another member
    withdraw: { event: 'order.withdrawn', members: () => ({ because: 'x' }) },
  });
};

describe('offer', () => {
  it('refuses what is no actor of a session, and options that there are none of', async () => {
    const { runtime } = start('v1');
    const refused = expect.objectContaining({ code: 'bad-option' }) as Error;
    expect(() => offer(new McpServerV1({ name: 'x', version: '1' }), {} as never, {})).toThrow(
      refused,
    );
    await WireClient.open(runtime);
    const [session] = runtime.residents() as unknown as ShopSession[];
    const server = new McpServerV1({ name: 'x', version: '1' });
    expect(() => offer(server, session!.actor, {}, { resorce: true } as never)).toThrow(refused);
    expect(() => offer(server, session!.actor, { x: { evnt: 'reviewed' } } as never)).toThrow(
      refused,
    );
    expect(() => offer(server, session!.actor, { x: {} } as never)).toThrow(refused);
  });

  it('is typed after the machine', () => {
    expect(typed).toBeTypeOf('function');
  });
});
