import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ring } from '../../src/base/ring.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

describe('Ring', () => {
  it('keeps the last items, oldest first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, max) => {
        const ring = new Ring<number>(max);
        for (const item of items) ring.push(item);
        expect(ring.toArray()).toEqual(items.slice(-max));
        expect(ring.size).toBe(Math.min(items.length, max));
      }),
    );
  });

  it('gives out copies', () => {
    const ring = new Ring<number>(2);
    ring.push(1);
    ring.toArray().push(2);
    expect(ring.toArray()).toEqual([1]);
  });
});

describe('Journal', () => {
  it('assembles message events only while somebody listens, and logs all the same', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const heard: string[] = [];
    const stop = world.runtime.on('message', ({ direction, kind }) =>
      heard.push(`${direction} ${kind}`),
    );
    await client.call('tools/list');
    stop();
    await client.call('tools/list');
    expect(heard).toEqual(['in request', 'out response']);
    expect(world.runtime.residents()[0]?.log).toHaveLength(2 + 1 + 4);
  });

  it('writes a dead letter down with its time, session, direction, kind, method and reason', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const letters = world.record('deadletter');
    await client.respond(7);
    await client.notify('notifications/cancelled', { requestId: 'gone', reason: 'secret' });
    const session = world.runtime.residents()[0]?.key;
    const at = world.clock.now();
    expect(letters).toEqual([
      { at, session, direction: 'in', kind: 'response', method: undefined, reason: 'unknown' },
      {
        at,
        session,
        direction: 'in',
        kind: 'notification',
        method: 'notifications/cancelled',
        reason: 'late',
      },
    ]);
    expect(world.runtime.deadLetters()).toEqual(letters);
  });
});
