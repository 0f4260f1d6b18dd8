import { describe, expect, it } from 'vitest';
import { type ReplayEntry, ReplayLog } from '../../src/http/replay.ts';

function setUp(bounds: Partial<{ events: number; bytes: number; ms: number }> = {}) {
  const dropped: number[] = [];
  const log = new ReplayLog(
    {
      maxReplayEvents: bounds.events ?? 100,
      maxReplayBytes: bounds.bytes ?? 1000,
      replayMs: bounds.ms ?? 1000,
    },
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
