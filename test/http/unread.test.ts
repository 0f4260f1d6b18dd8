import { describe, expect, it } from 'vitest';
import { unreadRig } from '../support/unreadRig.ts';

describe('UnreadAccount', () => {
  it('cuts the oldest responses once there are more bytes than allowed, and counts', () => {
    const { open, cut, limits } = unreadRig({ maxUnreadBytes: 100 });
    const { add } = open('a');
    for (const bytes of [60, 30, 50]) add(bytes);
    expect(cut()).toEqual([true, false, false]);
    add(90);
    expect(cut()).toEqual([true, true, true, false]);
    expect(limits).toEqual({ maxUnreadBytes: 3 });
  });

  it('lets one response be larger than the limit: its client is reading it', () => {
    const { open, cut } = unreadRig({ maxUnreadBytes: 100 });
    const { add } = open('a');
    add(1000);
    expect(cut()).toEqual([false]);
    add(1);
    expect(cut()).toEqual([true, false]);
  });

  it('counts what is unread now, not what was once, and forgets what has left', () => {
    const { open, cut } = unreadRig({ maxUnreadBytes: 100 });
    const { add } = open('a');
    add(90).unread = 5;
    add(90).leave();
    add(90);
    expect(cut()).toEqual([false, false, false]);
  });

  it('cuts a response that is over when its client takes nothing for unreadTimeoutMs', async () => {
    const { open, cut, clock, limits, services } = unreadRig({ unreadTimeoutMs: 1000 });
    const { add, stream } = open('a');
    const [stalled, reading, live] = [add(10), add(10), stream(10)];
    reading.unread = 9;
    await clock.elapse(1000);
    expect(cut()).toEqual([true, false, false]);
    expect(limits).toEqual({ unreadTimeoutMs: 1 });
    reading.leave();
    live.leave();
    expect([stalled.isCut, services.deadlines.size]).toEqual([true, 0]);
  });

  it('drops what is unread closeTimeoutMs after the end of its session', async () => {
    const { open, cut, clock, services } = unreadRig({ closeTimeoutMs: 500 });
    const { account, add, stream } = open('a');
    add(10);
    // It ends with its session, but for a drain.
    const live = stream(10);
    live.gone = true;
    account.add(live);
    account.end();
    await clock.elapse(499);
    expect(cut()).toEqual([false, false]);
    await clock.elapse(1);
    expect(cut()).toEqual([true, true]);
    expect([account.bytes, services.deadlines.size]).toEqual([0, 0]);
  });

  it('counts an event stream from its beginning, by what was written to it', () => {
    const { open, cut, limits } = unreadRig({ maxUnreadBytes: 100 });
    const { account, stream } = open('a');
    const [first, second] = [stream(40), stream(40)];
    expect(account.bytes).toBe(80);
    first.unread = 70;
    account.wrote(first);
    expect([...cut(), account.bytes]).toEqual([false, true, 70]);
    second.unread = 1000;
    account.wrote(second);
    expect([account.bytes, limits]).toEqual([70, { maxUnreadBytes: 1 }]);
  });

  it('cuts the streams of a client that reads last, and those behind in the order they fell', () => {
    const { open, cut } = unreadRig({ maxUnreadBytes: 100_000 });
    const { account, add, stream } = open('a');
    const [reads, , behind] = [stream(500), add(40_000), stream(500)];
    behind.unread = 40_000;
    account.wrote(behind);
    add(59_000);
    expect(cut()).toEqual([false, true, false, false]);
    add(10_000);
    expect(cut()).toEqual([false, true, true, false, false]);
    reads.leave();
    behind.leave();
  });

  it('looks at what came late when it had its time as well', async () => {
    const { open, cut, clock } = unreadRig({ unreadTimeoutMs: 1000 });
    const { add } = open('a');
    add(10);
    await clock.elapse(900);
    add(10);
    await clock.elapse(100);
    expect(cut()).toEqual([true, false]);
    await clock.elapse(1000);
    expect(cut()).toEqual([true, true]);
  });

  it('counts what waits to go out for its principal and for all, until it is gone', () => {
    const { open, cut, limits } = unreadRig({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 500 });
    const [waiting, reading] = [open('a'), open('b')];
    reading.add(400);
    expect(waiting.account.waits(500)).toBeUndefined();
    expect(cut()).toEqual([false]);
    // Whoever does not read makes room first; what waits is not lost, and no more may wait.
    expect(waiting.account.waits(900)).toBeUndefined();
    expect([cut(), waiting.account.bytes]).toEqual([[true], 900]);
    expect(waiting.account.waits(1100)).toBe('maxUnreadTotalBytes');
    expect(waiting.account.waits(900)).toBeUndefined();
    expect(limits).toEqual({ maxUnreadTotalBytes: 1 });
    waiting.account.waits(0);
    reading.add(400);
    expect(open('c').account.waits(500)).toBeUndefined();
  });

  it('leaves a stream that outlives its session in a drain', async () => {
    const { open, cut, clock } = unreadRig({ closeTimeoutMs: 500 });
    const { account, stream } = open('a');
    stream(10);
    account.end();
    await clock.elapse(500);
    expect(cut()).toEqual([false]);
  });
});
