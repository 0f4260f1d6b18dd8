import { describe, expect, it } from 'vitest';
import { timerFor } from '../../src/base/within.ts';
import { EventQueue } from '../../src/http/eventQueue.ts';
import { UnreadBudget } from '../../src/http/unreadBudget.ts';
import { turn } from '../support/eventually.ts';
import { servicesOf } from '../support/servicesOf.ts';

const PRINCIPAL = 'ann';

function setUp(limits: Parameters<typeof servicesOf>[0] = {}) {
  const services = servicesOf(limits);
  const unread = new UnreadBudget(services);
  const timer = timerFor(services.clock, 1000);
  const stored: string[] = [];
  let release: (() => void) | undefined;
  const queue = (key: string): EventQueue =>
    new EventQueue({ key, principal: PRINCIPAL }, { services, unread }, timer, async (_, json) => {
      await new Promise<void>((resolve) => (release = resolve));
      stored.push(json);
      return json;
    });
  const next = async (): Promise<void> => {
    await turn();
    release?.();
    await turn();
  };
  return { queue, stored, next, limits: services.counters.limits };
}

/** What became of an event: its id, or that it is lost. */
async function outcome(put: Promise<string> | undefined): Promise<string | undefined> {
  try {
    return await put;
  } catch {
    return 'lost';
  }
}

describe('EventQueue', () => {
  it('gives the store one event after the other, and each its id', async () => {
    const { queue, stored, next } = setUp();
    const events = queue('a');
    const puts = [outcome(events.put(1, 'one')), outcome(events.put(1, 'two'))];
    await next();
    expect([stored, events.bytes]).toEqual([['one'], 256 + 3]);
    await next();
    expect(await Promise.all(puts)).toEqual(['one', 'two']);
    await events.settled();
    expect(events.bytes).toBe(0);
  });

  it('takes no more than maxUnreadBytes, and counts what it does not take', async () => {
    const { queue, limits } = setUp({ maxUnreadBytes: 300 });
    const events = queue('a');
    void outcome(events.put(1, 'x'.repeat(100)));
    expect(events.put(1, 'y')).toBeUndefined();
    expect(limits).toEqual({ maxUnreadBytes: 1 });
  });

  it('gives up what waits where the sessions of its principal hold too much', async () => {
    const { queue, limits } = setUp({ maxUnreadBytesPerPrincipal: 2000 });
    const [large, small] = [queue('large'), queue('small')];
    const puts = Array.from({ length: 6 }, (_, i) => outcome(large.put(1, `${i}`)));
    const kept = outcome(small.put(1, 'x'.repeat(500)));
    expect(await Promise.all(puts.slice(1))).toEqual(Array(5).fill('lost'));
    expect(await Promise.race([kept, turn().then(() => 'waits')])).toBe('waits');
    expect(limits).toEqual({ maxUnreadBytesPerPrincipal: 1 });
  });
});
