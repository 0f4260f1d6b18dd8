import { describe, expect, it } from 'vitest';
import { HandleWorld } from '../support/handleWorld.ts';

const GONE = expect.stringContaining('! There is no such page') as string;
const FAILED = '! The page could not be opened.';
const MINUTE = 60_000;

const asleep = { state: () => ({ count: 0 }) };

describe('a handle that nobody uses', () => {
  it('falls asleep, and is opened again with what it kept', async () => {
    const woken: unknown[] = [];
    const world = new HandleWorld({
      ...asleep,
      onSleep: (page) => page.url,
      onWake(kept, handle) {
        woken.push(kept);
        handle.own(() => {});
        return { url: String(kept) };
      },
    });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await ann('visit', { page, url: 'https://a' });
    await world.settle(6 * MINUTE);
    expect(world.opened).toMatchObject([{ released: 1 }]);
    expect(world.runtime.stats().handles['page']).toMatchObject({ asleep: 1, total: 1, slept: 1 });
    expect(JSON.parse(await ann('list_pages'))).toMatchObject([{ page, isAsleep: true }]);
    // A list wakes nobody.
    expect(world.runtime.handles()).toEqual([]);
    expect(await ann('where', { page })).toBe('https://a 1');
    expect(woken).toEqual(['https://a']);
    expect(world.runtime.stats().handles['page']).toMatchObject({ asleep: 0, active: 1, woken: 1 });
  });

  it('without onWake is opened as before, with the state it had', async () => {
    const world = new HandleWorld({
      ...asleep,
      open: (_input, handle) => ({ url: `opened after ${handle.state.count}` }),
    });
    const ann = await world.legacy('ann');
    const page = await ann('create_page');
    await ann('visit', { page, url: 'https://a' });
    await world.settle(6 * MINUTE);
    expect(await ann('where', { page })).toBe('opened after 1 1');
  });

  it.each([
    ['that says nothing of sleep', {}],
    ['that owns something and has no onSleep', { ...asleep, own: true }],
    ['whose onSleep says no', { onSleep: () => false }],
    ['whose onSleep gives no plain data', { onSleep: () => () => {} }],
  ])('%s stays as it is, until it was unused for far too long', async (_, how) => {
    const { own, ...options } = { own: false, ...how };
    const world = new HandleWorld({
      ...options,
      ...(own && {
        open: (_input: unknown, handle: { own(release: () => void): unknown }) => {
          handle.own(() => {});
          return { url: 'about:blank' };
        },
      }),
    });
    const page = await (await world.modern('ann'))('create_page');
    await world.settle(30 * MINUTE);
    expect(world.runtime.handles()).toMatchObject([{ state: 'idle.pinned' }]);
    expect(await (await world.modern('ann'))('where', { page })).toContain('about:blank');
    await world.settle(36 * MINUTE);
    expect(world.runtime.handles()).toEqual([]);
    expect(world.runtime.stats().handles['page']).toMatchObject({
      total: 0,
      ended: { expired: 1 },
    });
  });

  it('makes room where nothing is lost by it', async () => {
    const world = new HandleWorld({
      ...asleep,
      open: () => ({ url: 'about:blank' }),
      maxPerPrincipal: 2,
    });
    const ann = await world.modern('ann');
    const first = await ann('create_page');
    await world.settle(1);
    const second = await ann('create_page');
    await world.settle(2000);
    const third = await ann('create_page');
    expect(third).toMatch(/^[a-z2-7]{26}$/);
    expect(JSON.parse(await ann('list_pages'))).toMatchObject([
      { page: first, isAsleep: true },
      { page: second, isAsleep: false },
      { page: third, isAsleep: false },
    ]);
    await world.settle(2000);
    expect(await ann('where', { page: first })).toBe('about:blank 0');
  });

  it('of an anonymous caller makes room among theirs, and wakes within their share', async () => {
    const world = new HandleWorld({
      ...asleep,
      open: () => ({ url: 'about:blank' }),
      maxAnonymous: 1,
    });
    const nobody = await world.legacy();
    const first = await nobody('create_page');
    await world.settle(2000);
    const second = await nobody('create_page');
    expect(second).toMatch(/^[a-z2-7]{26}$/);
    expect(world.runtime.stats().handles['page']).toMatchObject({ total: 2, asleep: 1 });
    const using = nobody('hold', { page: second });
    await world.settle(2000);
    expect(await nobody('where', { page: first })).toBe(
      '! Too many pages are open: try again later.',
    );
    expect(world.runtime.stats().limits).toMatchObject({ 'page.maxAnonymous': 1 });
    world.held[0]!();
    await using;
    await world.settle(2000);
    expect(await nobody('where', { page: first })).toBe('about:blank 0');
    expect(world.runtime.stats().handles['page']).toMatchObject({ total: 2, asleep: 1 });
  });

  it('ends asleep as well', async () => {
    const world = new HandleWorld(asleep);
    const ended = world.record('handle.ended');
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await world.settle(6 * MINUTE);
    await world.settle(31 * MINUTE);
    await world.settle(2 * MINUTE);
    expect(ended).toMatchObject([{ kind: 'page', reason: 'expired' }]);
    expect(await ann('where', { page })).toEqual(GONE);
    expect(world.runtime.stats().handles['page']).toMatchObject({ total: 0 });
  });
});

describe('a handle that can not be opened', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('no browser')), 0, 'crashed'],
    ['hangs', () => new Promise<never>(() => {}), 31_000, 'handshake-timeout'],
  ] as const)(
    'because open %s: the tool is told, and nothing is left',
    async (_, open, ms, why) => {
      const world = new HandleWorld({ open });
      const failed = world.record('handle.failed');
      const ended = world.record('handle.ended');
      const ann = await world.modern('ann');
      const said = ann('create_page');
      await world.settle(ms);
      expect(await said).toBe(FAILED);
      expect(ended).toMatchObject([{ reason: why }]);
      expect(failed).toHaveLength(why === 'crashed' ? 1 : 0);
      expect(world.runtime.stats().handles['page']).toMatchObject({ total: 0 });
      expect(world.runtime.stats().sessions).toMatchObject({ total: 1 });
    },
  );

  it('in time: what open owns later is released at once', async () => {
    let open!: (page: { url: string }) => void;
    let released = 0;
    const world = new HandleWorld({
      open: async (_input, handle) => {
        const page = await new Promise<{ url: string }>((resolve) => (open = resolve));
        handle.own(() => void released++);
        return page;
      },
    });
    const said = (await world.modern('ann'))('create_page');
    await world.settle(31_000);
    expect(await said).toBe(FAILED);
    open({ url: 'late' });
    await world.settle();
    expect([released, world.runtime.stats().orphans]).toEqual([1, 1]);
  });

  it('again: whoever wakes it is told, and it is over', async () => {
    const world = new HandleWorld({
      ...asleep,
      onSleep: () => 'kept',
      onWake: () => Promise.reject(new Error('moved')),
    });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await world.settle(6 * MINUTE);
    expect(await Promise.all([ann('where', { page }), ann('where', { page })])).toEqual([
      FAILED,
      FAILED,
    ]);
    expect(await ann('where', { page })).toEqual(GONE);
  });
});

describe('a handle that ends while it is used', () => {
  it('by a tool: what runs may finish, what waits is told', async () => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const running = ann('hold', { page });
    const waiting = ann('where', { page });
    await world.settle();
    const ending = ann('destroy_page', { page });
    await world.settle();
    expect(await waiting).toEqual(GONE);
    expect(world.opened).toMatchObject([{ released: 0 }]);
    world.held[0]!();
    expect([await running, await ending]).toEqual(['held', 'The page is gone.']);
    expect(world.opened).toMatchObject([{ released: 1 }]);
  });

  it('by a resource of its own: all its callers are told at once', async () => {
    let lose!: (error: Error) => void;
    const world = new HandleWorld({
      open(_input, handle) {
        const ended = new Promise<never>((_, reject) => (lose = reject));
        handle.own(() => {}, { ended });
        return { url: 'about:blank' };
      },
    });
    const failed = world.record('handle.failed');
    const ann = await world.modern('ann');
    const bob = await world.modern('bob');
    const other = await bob('create_page');
    const page = await ann('create_page');
    const calls = [ann('hold', { page }), ann('where', { page })];
    await world.settle();
    lose(new Error('browser crashed'));
    await world.settle();
    expect(await Promise.all(calls)).toEqual([GONE, GONE]);
    expect(failed).toMatchObject([{ kind: 'page', error: { message: 'browser crashed' } }]);
    // Nobody else has noticed.
    expect(await bob('where', { page: other })).toBe('about:blank -');
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, sessions: { total: 2 } });
  });

  it('outlives the session that made it, and that session’s end releases nothing of it', async () => {
    const world = new HandleWorld();
    const page = await (await world.legacy('ann'))('create_page');
    await world.runtime.evictPrincipal('ann');
    await world.settle();
    expect(world.opened).toMatchObject([{ released: 0 }]);
    expect(await (await world.legacy('ann'))('where', { page })).toBe('about:blank -');
  });
});

describe('user code of a handle', () => {
  it.each([
    [
      'state',
      {
        state: () => {
          throw new Error('no state');
        },
      },
    ],
    [
      'open',
      {
        open: () => {
          throw new Error('no page');
        },
      },
    ],
  ])('%s that throws: the tool is told, the operator is told why', async (_, options) => {
    const world = new HandleWorld(options);
    const failed = world.record('handle.failed');
    expect(await (await world.modern('ann'))('create_page')).toBe(FAILED);
    expect(failed).toMatchObject([
      { kind: 'page', error: { message: expect.any(String) as string } },
    ]);
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, sessions: { total: 1 } });
  });

  it('onSleep that throws ends the handle', async () => {
    const world = new HandleWorld({
      onSleep: () => {
        throw new Error('no sleep');
      },
    });
    const ended = world.record('handle.ended');
    await (
      await world.modern('ann')
    )('create_page');
    await world.settle(6 * MINUTE);
    expect(ended).toMatchObject([{ reason: 'crashed' }]);
    expect(world.opened).toMatchObject([{ released: 1 }]);
  });

  it('onSleep that hangs keeps the handle awake', async () => {
    const world = new HandleWorld({ onSleep: () => new Promise(() => {}) });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await world.settle(6 * MINUTE);
    expect(world.runtime.handles()).toMatchObject([{ state: 'idle.pinned' }]);
    expect(world.runtime.stats().orphans).toBe(1);
    expect(await ann('where', { page })).toBe('about:blank -');
  });

  it('a resource that can not be released holds nobody up', async () => {
    const world = new HandleWorld({
      open(_input, handle) {
        handle.own(() => new Promise(() => {}));
        handle.own(() => {
          throw new Error('stuck');
        });
        return { url: 'about:blank' };
      },
    });
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const ending = ann('destroy_page', { page });
    await world.settle(6000);
    expect(await ending).toBe('The page is gone.');
    expect(world.runtime.stats().orphans).toBe(2);
  });

  it('a use that never ends is cut with its handle: its caller is told', async () => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const hanging = ann('hold', { page });
    await world.settle();
    const ending = ann('destroy_page', { page });
    await world.settle(6000);
    expect(await Promise.all([hanging, ending])).toEqual([GONE, 'The page is gone.']);
  });

  it('onSleep that rejects when the handle is in use again is reported', async () => {
    let fail!: (error: Error) => void;
    const world = new HandleWorld({
      onSleep: () => new Promise((_, reject) => (fail = reject)),
    });
    const orphans = world.record('session.orphan');
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    await world.settle(5 * MINUTE + 2000);
    // In use again: whatever onSleep says now is of no use.
    expect(await ann('where', { page })).toBe('about:blank -');
    fail(new Error('too late'));
    await world.settle();
    expect(orphans).toMatchObject([{ what: 'handler', error: { message: 'too late' } }]);
    expect(world.runtime.handles()).toMatchObject([{ state: 'active' }]);
  });
});

describe('the end of the runtime', () => {
  it('releases every handle, once', async () => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    await ann('create_page');
    await ann('create_page');
    await world.runtime.close();
    expect(world.opened.map(({ released }) => released)).toEqual([1, 1]);
    expect(world.runtime.stats().handles['page']).toMatchObject({
      total: 0,
      ended: { drained: 2 },
    });
  });

  it('a drain lets sessions finish what they do with handles, and opens none', async () => {
    const world = new HandleWorld();
    const ann = await world.legacy('ann');
    const page = await ann('create_page');
    const running = ann('hold', { page });
    await world.settle();
    const drained = world.runtime.drain({ deadlineMs: 10_000 });
    await world.settle();
    expect(world.opened).toMatchObject([{ released: 0 }]);
    world.held[0]!();
    expect(await running).toBe('held');
    await world.settle(10_000);
    await drained;
    expect(world.opened).toMatchObject([{ released: 1 }]);
  });
});
