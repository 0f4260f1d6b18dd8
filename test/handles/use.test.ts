import { describe, expect, it } from 'vitest';
import { ModernClient } from '../support/modernClient.ts';
import { headed, HandleWorld } from '../support/handleWorld.ts';
import { z } from 'zod';

const asleep = { state: () => ({ count: 0 }) };

const GONE =
  '! There is no such page: it expired, was ended, or never was yours. create_page makes a new one, list_pages lists yours.';
const MINUTE = 60_000;

interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
}

describe('a handle', () => {
  it('is opened, used and ended by tools, in both eras by one id', async () => {
    const world = new HandleWorld();
    const [modern, legacy] = [await world.modern('ann'), await world.legacy('ann')];
    const page = await modern('create_page');
    expect(page).toMatch(/^[a-z2-7]{26}$/);
    expect(await modern('visit', { page, url: 'https://a' })).toBe('at https://a');
    expect(await legacy('where', { page })).toBe('https://a -');
    const [listed] = JSON.parse(await legacy('list_pages')) as [unknown];
    expect(listed).toEqual({ page, isAsleep: false, startedAt: expect.any(String) as unknown });
    expect(await legacy('destroy_page', { page })).toBe('The page is gone.');
    expect(await modern('where', { page })).toBe(GONE);
    expect(world.opened).toMatchObject([{ released: 1 }]);
    expect(world.runtime.stats().handles['page']).toMatchObject({ opened: 1, total: 0 });
  });

  it('says what it is in its tools, and takes its id by a header', async () => {
    const world = new HandleWorld({ description: 'Opens a page of the web' });
    const client = await ModernClient.in(world.runtime, 'ann');
    const listed = (await client.ask('tools/list')).result!['tools'] as Tool[];
    const tools = new Map(listed.map((tool) => [tool.name, tool]));
    expect(tools.get('create_page')?.description).toBe(
      'Opens a page of the web. Returns an id: pass the id as `page`. A page is kept for 35 min after its last use; destroy_page ends it sooner, list_pages lists yours.',
    );
    expect(tools.get('where')?.inputSchema).toMatchObject({
      properties: {
        page: { description: 'The id of a page, from create_page.', 'x-mcp-header': 'Page' },
      },
      required: ['page'],
    });
    const created = await client.call('create_page');
    expect(created.result?.['structuredContent']).toEqual({
      page: expect.any(String) as unknown,
      expiresAfterMs: 35 * MINUTE,
    });
  });

  it.each(['modern', 'legacy'] as const)(
    'M-A1: is of its principal alone (%s): one text for foreign, unknown, ended and expired',
    async (era) => {
      const world = new HandleWorld();
      const [ann, bob, nobody] = [
        await world[era]('ann'),
        await world[era]('bob'),
        await world[era](),
      ];
      const page = await ann('create_page');
      const ended = await ann('create_page');
      await ann('destroy_page', { page: ended });
      const tries = [
        bob('where', { page }),
        nobody('where', { page }),
        bob('destroy_page', { page }),
        ann('where', { page: 'unknown' }),
        ann('where', { page: '' }),
        ann('where', { page: '__proto__' }),
        ann('where', { page: 'x'.repeat(100_000) }),
        ann('where', { page: ended }),
      ];
      for (const each of await Promise.all(tries)) expect(each).toBe(GONE);
      expect(JSON.parse(await bob('list_pages'))).toEqual([]);
      expect(await ann('where', { page })).toBe('about:blank -');
      await world.settle(36 * MINUTE);
      const later = await world[era]('ann');
      expect(await later('where', { page })).toBe(GONE);
    },
  );

  it('M-A2: of an anonymous caller is no authenticated one’s, and the other way round', async () => {
    const world = new HandleWorld();
    const [ann, nobody] = [await world.modern('ann'), await world.modern()];
    const page = await nobody('create_page');
    expect(await ann('where', { page })).toBe(GONE);
    expect(await nobody('where', { page })).toBe('about:blank -');
  });

  it('M-A7: anonymous callers list what their own session made, and no tool lists for them', async () => {
    const world = new HandleWorld({ list: true });
    const [one, two] = [await world.legacy(), await world.legacy()];
    const page = await one('create_page');
    expect(JSON.parse(await two('list_pages'))).toEqual([]);
    expect(JSON.parse(await one('list_pages'))).toMatchObject([{ page }]);
    expect(JSON.parse(await (await world.modern())('list_pages'))).toEqual([]);
    const unlisted = new HandleWorld();
    expect(await (await unlisted.legacy())('list_pages')).toContain('Tool list_pages not found');
  });

  it("bind: 'session' is of the session that made it", async () => {
    const world = new HandleWorld({ bind: 'session' });
    const [one, two] = [await world.legacy('ann'), await world.legacy('ann')];
    const page = await one('create_page');
    expect(await two('where', { page })).toBe(GONE);
    expect(JSON.parse(await two('list_pages'))).toEqual([]);
    expect(await one('where', { page })).toBe('about:blank -');
  });

  it('is used by one call at a time, in order of arrival', async () => {
    const world = new HandleWorld();
    const [one, two] = [await world.modern('ann'), await world.legacy('ann')];
    const page = await one('create_page');
    const order: string[] = [];
    const calls = [
      one('hold', { page }),
      two('visit', { page, url: 'https://1' }),
      one('visit', { page, url: 'https://2' }),
      two('where', { page }),
    ];
    for (const each of calls) void each.then((said) => order.push(said));
    await world.settle();
    expect([order, world.runtime.handles('page')]).toMatchObject([
      [],
      [{ state: 'active', running: 1, waiting: 3 }],
    ]);
    world.held[0]!();
    await Promise.all(calls);
    expect(order).toEqual(['held', 'at https://1', 'at https://2', 'https://2 -']);
  });

  it('concurrency: so many at once', async () => {
    const world = new HandleWorld({ concurrency: 2 });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const calls = [1, 2, 3].map(() => ann('hold', { page }));
    await world.settle();
    expect(world.runtime.handles()).toMatchObject([{ running: 2, waiting: 1 }]);
    for (const release of world.held.splice(0)) release();
    await world.settle();
    world.held[0]!();
    expect(await Promise.all(calls)).toEqual(['held', 'held', 'held']);
  });

  it('maxQueue: one use more is told that the handle is busy', async () => {
    const world = new HandleWorld({ maxQueue: 2 });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const calls = [1, 2, 3].map(() => ann('hold', { page }));
    await world.settle();
    expect(await ann('where', { page })).toBe(
      '! This page is busy: wait for the calls in progress, then try again.',
    );
    expect(world.runtime.stats().limits['page.maxQueue']).toBe(1);
    for (let i = 0; i < 3; i++) {
      world.held[i]!();
      await world.settle();
    }
    expect(await Promise.all(calls)).toEqual(['held', 'held', 'held']);
  });

  it('what a use throws is its own caller’s, and the handle goes on', async () => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    expect(await ann('break', { page })).toBe('! broken');
    expect(await ann('where', { page })).toBe('about:blank -');
    expect(world.runtime.stats().handles['page']).toMatchObject({ failed: 0 });
  });

  it('a call that is cancelled while it waits never runs', async () => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const client = await ModernClient.in(world.runtime, 'ann');
    const holding = ann('hold', { page });
    await world.settle();
    const leaving = new AbortController();
    const params = { name: 'visit', arguments: { page, url: 'https://never' } };
    const gone = client
      .send('tools/call', params, { ...headed({ page }), signal: leaving.signal })
      .catch(() => {});
    await world.settle();
    expect(world.runtime.handles()).toMatchObject([{ running: 1, waiting: 1 }]);
    leaving.abort();
    await gone;
    await world.settle();
    expect(world.runtime.handles()).toMatchObject([{ running: 1, waiting: 0 }]);
    world.held[0]!();
    await holding;
    expect(await ann('where', { page })).toBe('about:blank -');
  });

  it('a call that was cancelled before wakes no handle, and keeps none', async () => {
    const world = new HandleWorld({ ...asleep, onSleep: (page) => page.url });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await world.settle(6 * MINUTE);
    expect(world.runtime.stats().handles['page']).toMatchObject({ asleep: 1 });
    expect(await ann('late', { page })).toBe('! late');
    await world.settle(32 * MINUTE);
    expect(world.runtime.stats().handles['page']).toMatchObject({ total: 0, woken: 0 });
  });

  it('limits: what outlives the call that brought it is bounded', async () => {
    const opened: unknown[] = [];
    const options = {
      input: { url: z.string().optional() },
      open: (input: unknown) => (opened.push(input), { url: 'about:blank' }),
      maxInputBytes: 1000,
    };
    const keeps = await new HandleWorld({ ...options, ...asleep }).modern('ann');
    const tooLong = '! What create_page was given is too long: a page takes 1000 bytes at most.';
    expect(await keeps('create_page', { url: 'a'.repeat(1000) })).toBe(tooLong);
    expect(opened).toEqual([]);
    expect(await keeps('create_page', { url: 'a'.repeat(800) })).toMatch(/^[a-z2-7]{26}$/);
    // Of a page that is not opened again nothing is kept.
    for (const how of [{}, { ...asleep, onWake: () => ({ url: '' }) }]) {
      const drops = await new HandleWorld({ ...options, ...how }).modern('ann');
      expect(await drops('create_page', { url: 'a'.repeat(1000) })).toMatch(/^[a-z2-7]{26}$/);
    }
    expect(opened).toHaveLength(3);
  });

  it('limits: a principal has its share, all anonymous callers have one together, and all a cap', async () => {
    const world = new HandleWorld({ max: 4, maxPerPrincipal: 2, maxAnonymous: 1 });
    const [ann, bob, cat] = [
      await world.modern('ann'),
      await world.legacy('bob'),
      await world.legacy('cat'),
    ];
    const [one, two] = [await world.modern(), await world.legacy()];
    const page = await ann('create_page');
    await ann('create_page');
    const share = '! You have 2 pages open, the most: end one with destroy_page.';
    expect(await ann('create_page')).toBe(share);
    await one('create_page');
    const full = '! Too many pages are open: try again later.';
    expect(await two('create_page')).toBe(full);
    await bob('create_page');
    expect(await cat('create_page')).toBe(full);
    // Nobody's page was taken for any of that, used or not.
    await world.settle(10 * MINUTE);
    expect([await cat('create_page'), await ann('create_page')]).toEqual([full, share]);
    expect(await ann('destroy_page', { page })).toBe('The page is gone.');
    expect(await ann('create_page')).toMatch(/^[a-z2-7]{26}$/);
    expect(world.runtime.stats().limits).toMatchObject({
      'page.maxPerPrincipal': 2,
      'page.maxAnonymous': 1,
      'page.max': 2,
    });
  });
});
