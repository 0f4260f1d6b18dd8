import { describe, expect, it } from 'vitest';
import { type ReplayEntry, ReplayLog } from '../../src/http/replay.ts';
import { ReplayBudget } from '../../src/http/replayBudget.ts';

interface Bounds {
  readonly events: number;
  readonly bytes: number;
  readonly ms: number;
  readonly budget: ReplayBudget;
  readonly principal: string;
}

function setUp(bounds: Partial<Bounds> = {}) {
  const dropped: number[] = [];
  const log = new ReplayLog(
    bounds.principal,
    {
      maxReplayEvents: bounds.events ?? 100,
      maxReplayBytes: bounds.bytes ?? 1000,
      replayMs: bounds.ms ?? 1000,
    },
    bounds.budget ?? new ReplayBudget({ maxReplayTotalBytes: 10_000 }),
    ({ sequence }) => dropped.push(sequence),
  );
  const push = (sequence: number, more: Partial<ReplayEntry> = {}): void => {
    log.push({ stream: 1, sequence, frame: 'x', at: 0, undelivered: false, ...more });
  };
  const kept = (stream = 1): number[] => log.after(stream, 0).map(({ sequence }) => sequence);
  return { log, dropped, push, kept };
}

describe('ReplayLog', () => {
  it('gives back what one stream said after a sequence number, oldest first', () => {
    const { log, push } = setUp();
    for (const sequence of [1, 2, 3]) push(sequence);
    push(1, { stream: 2 });
    expect(log.after(1, 1).map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(log.after(2, 0)).toHaveLength(1);
    expect(log.after(3, 0)).toEqual([]);
  });

  it('keeps no more than maxReplayEvents, the oldest leave first', () => {
    const { dropped, push, kept } = setUp({ events: 2 });
    for (const sequence of [1, 2, 3, 4]) push(sequence);
    expect([dropped, kept()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('keeps no more than maxReplayBytes, not even one event that is larger', () => {
    const { dropped, push, kept } = setUp({ bytes: 10 });
    push(1, { frame: 'x'.repeat(6) });
    push(2, { frame: 'x'.repeat(5) });
    expect([dropped, kept()]).toEqual([[1], [2]]);
    push(3, { frame: 'x'.repeat(11) });
    expect([dropped, kept()]).toEqual([[1, 2, 3], []]);
    push(4, { frame: 'x'.repeat(10) });
    expect(kept()).toEqual([4]);
  });

  it('forgets what is replayMs old', () => {
    const { log, dropped, push, kept } = setUp({ ms: 100 });
    push(1, { at: 0 });
    push(2, { at: 50 });
    log.expire(99);
    expect(kept()).toEqual([1, 2]);
    log.expire(100);
    expect([dropped, kept(), log.size]).toEqual([[1], [2], 1]);
  });

  it('forget() gives a stream and its bytes back', () => {
    const { log, push, kept } = setUp({ bytes: 10 });
    push(1, { frame: 'x'.repeat(9) });
    log.forget(1);
    push(1, { stream: 2, frame: 'x'.repeat(9) });
    expect([kept(1), kept(2)]).toEqual([[], [1]]);
  });
});

describe('ReplayBudget', () => {
  const frame = 'x'.repeat(100);

  it('has the largest log of whoever has most lose its oldest events, and nobody else', () => {
    const budget = new ReplayBudget({ maxReplayTotalBytes: 1600 });
    const bob = setUp({ budget, principal: 'bob' });
    const [small, large] = [
      setUp({ budget, principal: 'ann' }),
      setUp({ budget, principal: 'ann' }),
    ];
    for (let i = 1; i <= 7; i++) bob.push(i, { frame });
    for (let i = 1; i <= 3; i++) small.push(i, { frame });
    for (let i = 1; i <= 6; i++) large.push(i, { frame });
    expect([bob.dropped, small.dropped, large.dropped]).toEqual([[], [], []]);
    // Of 1600, down to 1500: a log loses 64 KiB in one go, or all it has.
    bob.push(8, { frame });
    expect([bob.dropped, small.dropped]).toEqual([[], []]);
    expect(large.dropped).toEqual([1, 2, 3, 4, 5, 6]);
    expect(budget.bytes).toBe(1100);
  });

  it('counts an event that is itself too much, and a log that is closed no more', () => {
    const budget = new ReplayBudget({ maxReplayTotalBytes: 150 });
    const one = setUp({ budget });
    one.push(1, { frame: 'x'.repeat(151) });
    expect([one.dropped, budget.bytes]).toEqual([[1], 0]);
    one.push(2, { frame });
    one.log.close();
    expect([one.kept(), budget.bytes]).toEqual([[], 0]);
    setUp({ budget }).push(1, { frame });
    expect(budget.bytes).toBe(100);
  });

  it.each(['expire', 'forget', 'push'])('is told what a log gives back (%s)', (how) => {
    const budget = new ReplayBudget({ maxReplayTotalBytes: 1000 });
    const { log, push } = setUp({ budget, bytes: 250 });
    push(1, { frame });
    push(2, { frame });
    if (how === 'expire') log.expire(1000);
    if (how === 'forget') log.forget(1);
    if (how === 'push') push(3, { frame });
    expect(budget.bytes).toBe(how === 'push' ? 200 : 0);
  });
});
