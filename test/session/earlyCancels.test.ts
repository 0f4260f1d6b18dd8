import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { EARLY_CANCEL_MS, type EarlyCancel, EarlyCancels } from '../../src/session/earlyCancels.ts';
import { rethrow } from '../support/rethrow.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const CANCEL = { jsonrpc: '2.0', method: 'notifications/cancelled' } as const;

function setUp() {
  const clock = new VirtualClock();
  const late: string[] = [];
  const waiting = new Deadlines(clock, rethrow).queue<EarlyCancel>(EARLY_CANCEL_MS, (cancel) => {
    cancel.late();
  });
  const cancels = new EarlyCancels(waiting, ({ method }) => late.push(method));
  return { cancels, clock, late };
}

describe('EarlyCancels', () => {
  it('keeps a cancel for the request that comes within two seconds, once', async () => {
    const { cancels, clock, late } = setUp();
    expect(cancels.hold(7, CANCEL)).toBe(true);
    await clock.elapse(EARLY_CANCEL_MS - 1);
    expect([cancels.take('7'), cancels.take(7), cancels.take(7)]).toEqual([false, true, false]);
    await clock.elapse(EARLY_CANCEL_MS);
    expect(late).toEqual([]);
  });

  it('takes a cancel for late whose request has not come by then', async () => {
    const { cancels, clock, late } = setUp();
    cancels.hold(7, CANCEL);
    await clock.elapse(EARLY_CANCEL_MS);
    expect(late).toEqual([CANCEL.method]);
    expect(cancels.take(7)).toBe(false);
  });

  it('keeps 64 at most, and one for each request', () => {
    const { cancels } = setUp();
    const held = Array.from({ length: 70 }, (_, i) => cancels.hold(i, CANCEL));
    expect(held.filter(Boolean)).toHaveLength(64);
    expect(cancels.take(0)).toBe(true);
    expect([cancels.hold(1, CANCEL), cancels.hold(0, CANCEL)]).toEqual([false, true]);
  });
});
