import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import type { Resource } from '../../src/base/resource.ts';
import { type Owned, type OwnOptions, Scope, waitWithin } from '../../src/base/scope.ts';
import { timerFor, timerOf } from '../../src/base/within.ts';
import { turn } from '../support/eventually.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { rethrow } from '../support/rethrow.ts';

function setUp() {
  const clock = new VirtualClock();
  const scope = new Scope();
  const orphans: unknown[] = [];
  const told: ['crash' | 'lost', unknown][] = [];
  const queue = new Deadlines(clock, rethrow).queue<() => void>(5000, (expire) => expire());
  const wait = waitWithin(timerOf(queue), (ms) => timerFor(clock, ms));
  return {
    clock,
    orphans,
    told,
    own: (resource: unknown, options: OwnOptions = {}, maxResources = 100) =>
      scope.own(resource as Owned, options, {
        clock,
        limits: { maxResources, closeTimeoutMs: 5000 },
        crash: (error) => told.push(['crash', error]),
        lost: (error) => told.push(['lost', error]),
      }),
    free: (owned: Resource) => scope.free(owned, wait, (error) => orphans.push(error)),
    close: () => scope.close(wait, (error) => orphans.push(error)),
    scope,
  };
}

const emitter = () => Object.assign(new EventEmitter(), { close: () => {} });

describe('Scope', () => {
  it('releases last in, first out, one after the other, each awaited', async () => {
    const { own, close } = setUp();
    const order: string[] = [];
    own(async () => {
      order.push('a begins');
      await turn();
      order.push('a ends');
    });
    own(() => order.push('b'));
    await close();
    expect(order).toEqual(['b', 'a begins', 'a ends']);
  });

  it.each(['close', 'kill', 'terminate', 'destroy', 'dispose', 'abort'])(
    'releases an object by its %s, with itself as `this`',
    async (name) => {
      const { own, close, orphans } = setUp();
      const seen: unknown[] = [];
      const resource = {
        [name](this: unknown) {
          seen.push(this);
        },
      };
      own(resource);
      await close();
      expect([seen, orphans]).toEqual([[resource], []]);
      expect(seen[0]).toBe(resource);
    },
  );

  it('prefers the disposer of an object over its other names, the asynchronous one first', async () => {
    const { own, close } = setUp();
    const used: string[] = [];
    const both = {
      [Symbol.asyncDispose]: async () => void used.push('asyncDispose'),
      [Symbol.dispose]: () => void used.push('dispose'),
      close: () => void used.push('close'),
    };
    own(both);
    own({ [Symbol.dispose]: both[Symbol.dispose], close: both.close });
    own({ kill: () => void used.push('kill'), close: both.close });
    await close();
    expect(used).toEqual(['close', 'dispose', 'asyncDispose']);
  });

  it.each([null, undefined, 1, 'text', {}, { close: 1 }, []])(
    'refuses %j, which can not be released',
    (resource) => {
      const { own, scope } = setUp();
      expect(() => own(resource)).toThrow(expect.objectContaining({ code: 'not-disposable' }));
      expect(scope.size).toBe(0);
    },
  );

  it('refuses an option that nobody knows, and knows each of its own', () => {
    const { own, scope } = setUp();
    expect(() => own(() => {}, { deadline: 5 } as object)).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
    expect(scope.size).toBe(0);
    own(emitter(), { deadlineMs: 5, ended: 'exit', mayEnd: true, keepsAwake: false });
    expect(scope.size).toBe(1);
  });

  it('keeps its session awake with one resource that does, and by default each does', () => {
    const { own, scope } = setUp();
    expect(scope.keepsAwake).toBe(false);
    own(() => {}, { keepsAwake: false });
    expect(scope.keepsAwake).toBe(false);
    own(() => {});
    own(() => {}, { keepsAwake: false });
    expect(scope.keepsAwake).toBe(true);
  });

  it('frees one resource before the others, and once, however often it is freed', async () => {
    const { own, free, close, scope } = setUp();
    const released: string[] = [];
    own(() => released.push('first'));
    const owned = own(() => released.push('freed'));
    own(() => released.push('last'));
    await Promise.all([free(owned), free(owned)]);
    await free(owned);
    expect([released, scope.size]).toEqual([['freed'], 2]);
    await close();
    expect(released).toEqual(['freed', 'last', 'first']);
  });

  it('releases the others when one throws or rejects, and reports it', async () => {
    const { own, close, orphans } = setUp();
    const released: string[] = [];
    own(() => released.push('first'));
    own(() => Promise.reject(new Error('async')));
    own(() => {
      throw new Error('sync');
    });
    await close();
    expect(released).toEqual(['first']);
    expect(orphans).toMatchObject([{ message: 'sync' }, { message: 'async' }]);
  });

  it('waits for one release no longer than its deadline, and reports it', async () => {
    const { own, close, orphans, clock } = setUp();
    const released: string[] = [];
    own(() => released.push('first'));
    own(() => new Promise(() => {}), { deadlineMs: 100 });
    own(() => new Promise(() => {}));
    const closed = close();
    await clock.elapse(4999);
    expect(orphans).toHaveLength(0);
    await clock.elapse(1);
    expect(orphans).toMatchObject([{ code: 'timed-out' }]);
    await clock.elapse(99);
    expect(released).toEqual([]);
    await clock.elapse(1);
    await closed;
    expect([released, orphans.length, clock.pending]).toEqual([['first'], 2, 0]);
  });

  it('waits for ever where the deadline is Infinity', async () => {
    const { own, close, orphans, clock } = setUp();
    let finish!: () => void;
    own(() => new Promise<void>((resolve) => (finish = resolve)), { deadlineMs: Infinity });
    const closed = close();
    await clock.elapse(1e9);
    finish();
    await closed;
    expect([orphans, clock.pending]).toEqual([[], 0]);
  });

  it('takes a late rejection of a release it no longer waits for', async () => {
    const { own, close, orphans, clock } = setUp();
    let fail!: (error: Error) => void;
    own(() => new Promise<void>((_, reject) => (fail = reject)), { deadlineMs: 10 });
    const closed = close();
    await clock.elapse(10);
    await closed;
    fail(new Error('too late'));
    await turn();
    expect(orphans).toHaveLength(1);
  });

  it('runs once, however often it is closed', async () => {
    const { own, close } = setUp();
    let count = 0;
    own(async () => {
      count++;
      await turn();
    });
    await Promise.all([close(), close()]);
    await close();
    expect(count).toBe(1);
  });

  it('ends for whoever closes it when all is released, not before', async () => {
    const { own, close } = setUp();
    let finish!: () => void;
    const order: string[] = [];
    own(() => new Promise<void>((resolve) => (finish = resolve)));
    const first = close().then(() => order.push('first'));
    const second = close().then(() => order.push('second'));
    await turn();
    order.push('released');
    finish();
    await Promise.all([first, second]);
    expect(order).toEqual(['released', 'first', 'second']);
  });

  it('refuses what comes after the end, and more than it may hold', async () => {
    const { own, close } = setUp();
    own(() => {}, {}, 1);
    expect(() => own(() => {}, {}, 1)).toThrow(
      expect.objectContaining({ code: 'too-many-resources' }),
    );
    await close();
    expect(() => own(() => {})).toThrow(expect.objectContaining({ code: 'session-over' }));
  });

  // U9
  describe('hears that a resource ended by itself', () => {
    const ENDED = { code: 'resource-ended' };

    it.each([
      ['by its exit, unless something else is named', undefined, 'exit'],
      ['by the event that is named', 'disconnected', 'disconnected'],
    ])('%s', (_how, ended, event) => {
      const { own, told } = setUp();
      const resource = emitter();
      own(resource, ended === undefined ? {} : { ended });
      resource.emit('other');
      expect(told).toEqual([]);
      resource.emit(event, 3);
      resource.emit(event, 3);
      expect(told).toMatchObject([
        ['lost', { ...ENDED, message: `an owned resource ended: ${event}, code 3` }],
      ]);
    });

    it('by the event of an EventTarget', () => {
      const { own, told } = setUp();
      const target = Object.assign(new EventTarget(), { close: () => {} });
      own(target, { ended: 'close' });
      target.dispatchEvent(new Event('close'));
      expect(told).toMatchObject([['lost', ENDED]]);
    });

    it('by a promise, however it settles', async () => {
      const { own, told } = setUp();
      const error = new Error('connection lost');
      own(() => {}, { ended: Promise.resolve('closed') });
      own(() => {}, { ended: Promise.reject(error) });
      own(() => {}, { ended: new Promise(() => {}) });
      await turn();
      expect(told).toMatchObject([
        ['lost', ENDED],
        ['lost', error],
      ]);
    });

    it('once: after an error the end is no news', () => {
      const { own, told } = setUp();
      const resource = emitter();
      own(resource);
      resource.emit('error', new Error('broken'));
      resource.emit('exit', 1);
      expect(told).toMatchObject([['crash', { message: 'broken' }]]);
    });

    it('and takes an end at the release for what it is', async () => {
      const { own, close, told, orphans } = setUp();
      const resource = new EventEmitter();
      own(Object.assign(resource, { close: () => resource.emit('exit', 0) }));
      own(() => resource.emit('exit', 0));
      await close();
      expect([told, orphans]).toEqual([[], []]);
    });

    it('owns it no longer where it may end', async () => {
      const { own, close, told, scope } = setUp();
      const released: string[] = [];
      const resource = Object.assign(new EventEmitter(), { close: () => released.push('ended') });
      own(() => released.push('other'));
      own(resource, { mayEnd: true });
      expect(scope.size).toBe(2);
      resource.emit('exit', 0);
      expect([scope.size, told]).toEqual([1, []]);
      await close();
      expect(released).toEqual(['other']);
    });

    it.each([() => {}, emitterThatRefuses()])(
      'refuses an event that %s does not have, and owns nothing then',
      (resource) => {
        const { own, scope } = setUp();
        expect(() => own(resource, { ended: 'disconnected' })).toThrow(
          expect.objectContaining({ code: 'bad-option' }),
        );
        expect(scope.size).toBe(0);
        own(resource);
        expect(scope.size).toBe(1);
      },
    );
  });
});

/** Knows its events by name, as a runtime does. */
function emitterThatRefuses(): object {
  return {
    close() {},
    on(event: string) {
      throw new Error(`no event ${event}`);
    },
  };
}
