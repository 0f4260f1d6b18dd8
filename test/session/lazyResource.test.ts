import { EventEmitter } from 'node:events';
import type { RuntimeOptions, Session } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import type { Lazy, LazyOptions } from '../../src/session/session.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MINUTE } from '../support/sleep.ts';
import type { WireClient } from '../support/wireClient.ts';

class Browser extends EventEmitter {
  closes = 0;
  /** What `close` waits for. */
  closing: Promise<unknown> | undefined;

  close(): unknown {
    this.closes++;
    return this.closing;
  }
}

interface Rig {
  readonly world: FakeRuntime;
  readonly client: WireClient;
  /** In order of opening. */
  readonly browsers: Browser[];
  /** Of the server that is there now. */
  readonly lazy: () => Lazy<Browser>;
}

/** A session whose factory makes a lazy browser, with a client whose GET stream is open. */
async function start(
  lazyOptions: LazyOptions = {},
  options: Partial<RuntimeOptions<unknown>> = {},
  open?: () => Promise<void>,
): Promise<Rig> {
  const browsers: Browser[] = [];
  let lazy!: Lazy<Browser>;
  const world: FakeRuntime = new FakeRuntime({
    ...options,
    server: (session: Session) => {
      lazy = session.lazy(async () => {
        await open?.();
        const browser = new Browser();
        browsers.push(browser);
        return browser;
      }, lazyOptions);
      return world.serve();
    },
  });
  const client = await world.open();
  await client.get();
  return { world, client, browsers, lazy: () => lazy };
}

const closes = ({ browsers }: Rig): number[] => browsers.map((browser) => browser.closes);

describe('session.lazy', () => {
  it('opens when it is first asked for, once for all who ask', async () => {
    const { world, browsers, lazy } = await start();
    await turn();
    expect(browsers).toHaveLength(0);
    const asked = await Promise.all([lazy().get(), lazy().get()]);
    expect([...asked, await lazy().get()]).toEqual([browsers[0], browsers[0], browsers[0]]);
    expect((await world.runtime.list()).sessions).toMatchObject([{ owned: 1 }]);
  });

  // U10
  it('is freed when nobody asked for idleMs, though its client is connected, and opened anew', async () => {
    const rig = await start({ idleMs: MINUTE }, { sleep: false });
    const { world, client, browsers, lazy } = rig;
    await lazy().get();
    await world.clock.elapse(MINUTE / 2);
    await lazy().get();
    await world.clock.elapse(MINUTE - 1);
    expect(closes(rig)).toEqual([0]);
    await world.clock.elapse(1);
    expect(closes(rig)).toEqual([1]);
    expect(world.runtime.stats()).toMatchObject({
      freed: 1,
      orphans: 0,
      sessions: { idle: 1 },
      streams: 1,
    });
    expect((await world.runtime.list()).sessions).toMatchObject([{ owned: 0 }]);
    expect(await lazy().get()).toBe(browsers[1]);
    expect([world.servers.length, closes(rig)]).toEqual([1, [1, 0]]);
    await client.delete();
    await turn();
    expect(closes(rig)).toEqual([1, 1]);
  });

  it('is not freed while a call is in flight, and its time counts from the end of that call', async () => {
    const rig = await start({ idleMs: MINUTE }, { sleep: false });
    const { world, client, lazy } = rig;
    await lazy().get();
    const call = client.call('hold');
    await world.clock.elapse(10 * MINUTE);
    expect(closes(rig)).toEqual([0]);
    world.server.answer(world.server.idOf('hold'));
    await call;
    await world.clock.elapse(MINUTE - 1000);
    expect(closes(rig)).toEqual([0]);
    await world.clock.elapse(1001);
    expect(closes(rig)).toEqual([1]);
  });

  it('keeps no session awake: it is released with the server, and the next one opens its own', async () => {
    const rig = await start();
    const { world, client, lazy } = rig;
    const first = lazy();
    await first.get();
    await world.clock.elapse(6 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { asleep: 1 },
      pinned: { resources: 0 },
    });
    expect(closes(rig)).toEqual([1]);
    expect((await client.call('tools/list')).result).toBeDefined();
    expect(rig.browsers).toHaveLength(1);
    await lazy().get();
    expect(closes(rig)).toEqual([1, 0]);
    await expect(first.get()).rejects.toMatchObject({ code: 'session-over' });
  });

  it('is never freed with idleMs: Infinity', async () => {
    const rig = await start({ idleMs: Infinity }, { sleep: false });
    await rig.lazy().get();
    await rig.world.clock.elapse(20 * 60 * MINUTE);
    expect(closes(rig)).toEqual([0]);
  });

  it('is opened and released one after the other', async () => {
    const rig = await start({ idleMs: MINUTE }, { sleep: false });
    const { world, lazy, browsers } = rig;
    let isClosed!: () => void;
    (await lazy().get()).closing = new Promise<void>((resolve) => (isClosed = resolve));
    await world.clock.elapse(MINUTE);
    const next = lazy().get();
    await turn();
    expect([browsers.length, closes(rig)]).toEqual([1, [1]]);
    isClosed();
    expect(await next).toBe(browsers[1]);
    expect(browsers).toHaveLength(2);
  });

  it('rejects with what open throws, and tries again for the next who asks', async () => {
    let failing = true;
    const { lazy, browsers } = await start({}, {}, async () => {
      if (failing) throw new Error('no display');
    });
    const failed = await Promise.allSettled([lazy().get(), lazy().get()]);
    expect(failed).toMatchObject([
      { reason: { message: 'no display' } },
      { reason: { message: 'no display' } },
    ]);
    failing = false;
    expect(await lazy().get()).toBe(browsers[0]);
  });

  it('releases what comes after the end of its session, and rejects', async () => {
    let isOpen!: () => void;
    const rig = await start({}, {}, () => new Promise((resolve) => (isOpen = resolve)));
    const asked = rig.lazy().get();
    await turn();
    await rig.client.delete();
    await turn();
    isOpen();
    await expect(asked).rejects.toMatchObject({ code: 'session-over' });
    expect([closes(rig), rig.world.runtime.stats().orphans]).toEqual([[1], 0]);
  });

  it('releases one that is too many, and rejects', async () => {
    const rig = await start({}, { maxResources: 1 });
    rig.world.runtime.residents()[0]!.own(() => {});
    await expect(rig.lazy().get()).rejects.toMatchObject({ code: 'too-many-resources' });
    expect([closes(rig), rig.world.runtime.stats().limits]).toEqual([[1], { maxResources: 1 }]);
  });

  it('crashes its session when it ends by itself', async () => {
    const rig = await start({ ended: 'disconnected' });
    const call = rig.client.call('hold');
    (await rig.lazy().get()).emit('disconnected');
    expect((await call).error).toMatchObject({ data: { code: 'session-crashed' } });
  });

  it('is opened anew where it may end by itself', async () => {
    const rig = await start({ ended: 'disconnected', mayEnd: true });
    const { lazy, browsers } = rig;
    (await lazy().get()).emit('disconnected');
    expect(await lazy().get()).toBe(browsers[1]);
    expect(rig.world.runtime.stats()).toMatchObject({ crashes: 0, freed: 0 });
    expect(closes(rig)).toEqual([0, 0]);
  });

  it('leaves no timer behind', async () => {
    const { world, client, lazy } = await start({ idleMs: 1e9 });
    const before = world.clock.pending;
    await lazy().get();
    expect(world.clock.pending).toBe(before + 1);
    await client.delete();
    await turn();
    expect(world.clock.pending).toBe(before);
  });

  it.each([0, -1, Number.NaN, '5'])('refuses idleMs: %s', async (idleMs) => {
    const { world } = await start();
    const [session] = world.runtime.residents();
    const options = { idleMs: idleMs as number };
    expect(() => session?.lazy(() => () => {}, options)).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });
});

describe('session.own with keepsAwake: false', () => {
  it('lets the session sleep, with the client connected; the next server makes the next one', async () => {
    const browsers: Browser[] = [];
    const world: FakeRuntime = new FakeRuntime({
      server: (session) => {
        browsers.push(session.own(new Browser(), { keepsAwake: false }));
        return world.serve();
      },
    });
    const client = await world.open();
    await client.get();
    await world.clock.elapse(6 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({ sessions: { asleep: 1 }, orphans: 0 });
    expect((await client.call('tools/list')).result).toBeDefined();
    expect(browsers.map(({ closes: count }) => count)).toEqual([1, 0]);
  });
});
