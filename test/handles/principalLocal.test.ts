import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime, principalLocal, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { ModernClient, textOf } from '../support/modernClient.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { WireClient } from '../support/wireClient.ts';

const cart = principalLocal<string[]>(() => [], { name: 'cart' });
const visits = principalLocal(() => ({ count: 0 }), { name: 'visits' });

const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) }],
});

function serve(): McpServer {
  const server = new McpServer({ name: 'shop', version: '1' });
  server.registerTool('add', { inputSchema: { item: z.string() } }, async ({ item }) =>
    text(
      await cart.update(async (items) => {
        const before = items.length;
        await turn();
        // A change of its own principal's that came between would be lost here.
        items.length = before;
        items.push(item);
      }),
    ),
  );
  server.registerTool('cart', { inputSchema: {} }, async () => text(await cart.get()));
  server.registerTool('clear', { inputSchema: {} }, async () => {
    await cart.set([]);
    return text(await cart.get());
  });
  server.registerTool('visit', { inputSchema: {} }, async () =>
    text((await visits.update(({ count }) => ({ count: count + 1 }))).count),
  );
  server.registerTool('refuse', { inputSchema: {} }, async () =>
    text(
      await cart.update(() => {
        throw new Error('sold out');
      }),
    ),
  );
  return server;
}

class Shop {
  readonly clock: VirtualClock;
  readonly runtime: Runtime;

  constructor(options: Partial<RuntimeOptions> = {}, now?: number) {
    this.clock = new VirtualClock(now);
    this.runtime = createRuntime({
      clock: this.clock,
      principal: (_, { headers }) => headers['x-user'] as string | undefined,
      server: serve,
      ...options,
    });
    onTestFinished(async () => {
      const closed = this.runtime.close();
      await this.settle(10_000);
      await closed;
    });
  }

  async settle(ms = 0): Promise<void> {
    for (let i = 0; i < 12; i++) await turn();
    await this.clock.elapse(ms);
    for (let i = 0; i < 12; i++) await turn();
  }

  async modern(user?: string) {
    const client = await ModernClient.in(this.runtime, user);
    return async (name: string, args = {}) => textOf(await client.call(name, args));
  }

  async legacy(user: string) {
    const client = await WireClient.open(this.runtime, { headers: { 'x-user': user } });
    return async (name: string, args = {}) =>
      textOf(await client.call('tools/call', { name, arguments: args }));
  }
}

describe('principalLocal', () => {
  it('is one value of a principal, whichever way it comes, and nobody else’s', async () => {
    const shop = new Shop();
    const [modern, one, two] = [
      await shop.modern('ann'),
      await shop.legacy('ann'),
      await shop.legacy('ann'),
    ];
    const bob = await shop.legacy('bob');
    expect(await modern('add', { item: 'a' })).toBe('["a"]');
    expect(await one('add', { item: 'b' })).toBe('["a","b"]');
    expect([await two('cart'), await bob('cart')]).toEqual(['["a","b"]', '[]']);
    expect(await two('clear')).toBe('[]');
    expect([await one('visit'), await modern('visit')]).toEqual(['1', '2']);
  });

  it('changes of one principal come one after the other', async () => {
    const shop = new Shop();
    const clients = [await shop.modern('ann'), await shop.legacy('ann'), await shop.legacy('ann')];
    const adds = Array.from({ length: 60 }, (_, i) => clients[i % 3]!('add', { item: String(i) }));
    await Promise.all(adds);
    expect(JSON.parse((await clients[0]!('cart'))!)).toHaveLength(60);
  });

  it('a change that throws is told to its caller, and leaves the value', async () => {
    const ann = await new Shop().modern('ann');
    await ann('add', { item: 'a' });
    expect(await ann('refuse')).toBe('sold out');
    expect(await ann('cart')).toBe('["a"]');
  });

  it('an anonymous caller has none', async () => {
    const nobody = await new Shop().modern();
    expect(await nobody('cart')).toBe('an anonymous caller has nothing of its own');
  });

  it('outlasts the sessions of its principal, sleeps, and is gone a day after its last use', async () => {
    const shop = new Shop();
    await (
      await shop.legacy('ann')
    )('add', { item: 'a' });
    await shop.runtime.evictPrincipal('ann');
    await shop.settle(20 * 3_600_000);
    expect(shop.runtime.stats().handles['principal-local']).toMatchObject({ asleep: 1, total: 1 });
    expect(await (await shop.modern('ann'))('cart')).toBe('["a"]');
    await shop.settle(25 * 3_600_000);
    expect(await (await shop.modern('ann'))('cart')).toBe('[]');
  });

  it('is in a durable store when its change is over', async () => {
    const store = new DurableMemory();
    const shop = new Shop({ store });
    expect(await (await shop.legacy('ann'))('add', { item: 'a' })).toBe('["a"]');
    const next = new Shop({ store }, shop.clock.now());
    expect(await (await next.modern('ann'))('add', { item: 'b' })).toBe('["a","b"]');
    expect(await (await next.modern('bob'))('cart')).toBe('[]');
  });

  it('begins anew where its last end is still being stored', async () => {
    const store = new DurableMemory();
    const shop = new Shop({ store });
    const ann = await shop.legacy('ann');
    await ann('add', { item: 'a' });
    await shop.settle(25 * 3_600_000);
    const [one, two] = [await shop.modern('ann'), await shop.modern('ann')];
    expect(await Promise.all([one('add', { item: 'b' }), two('cart')])).toEqual([
      '["b"]',
      expect.stringMatching(/^\["?b?"?\]$/),
    ]);
  });

  it('does not begin anew what a store that fails would still remove', async () => {
    const store = new DurableMemory();
    const shop = new Shop({ store, report: false });
    await (
      await shop.legacy('ann')
    )('add', { item: 'a' });
    await shop.settle(24 * 3_600_000);
    const full = vi.spyOn(store.part('principals'), 'write').mockRejectedValue(new Error('full'));
    await shop.settle(15 * 60_000);
    const ann = await shop.legacy('ann');
    expect(await ann('add', { item: 'b' })).toBe('the store still has the one before');
    full.mockRestore();
    await shop.settle(1500);
    expect(await ann('add', { item: 'c' })).toBe('["c"]');
    await shop.settle(5000);
    const next = new Shop({ store }, shop.clock.now());
    expect(await (await next.modern('ann'))('cart')).toBe('["c"]');
  });
});
