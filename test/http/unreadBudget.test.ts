import { describe, expect, it } from 'vitest';
import { unreadRig } from '../support/unreadRig.ts';

const no = (count: number): boolean[] => Array.from({ length: count }, () => false);

/** One who can not make room. */
const holder = (principal?: string) => ({
  principal,
  bytes: 0,
  cutOldest: () => 0,
  expire: () => {},
});

describe('UnreadBudget', () => {
  it('has the largest session lose first, the oldest first, down to three quarters', () => {
    const { open, cut, limits } = unreadRig({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 900 });
    const [small, large] = [open('small'), open('large')];
    small.add(100);
    small.add(100);
    for (let i = 0; i < 8; i++) large.add(100);
    expect(cut()).not.toContain(true);
    small.add(1);
    expect(cut()).toEqual([false, false, true, true, true, ...no(6)]);
    expect(limits).toEqual({ maxUnreadTotalBytes: 3 });
  });

  it('finds out what was read before it cuts', () => {
    const { open, cut } = unreadRig({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 2000 });
    const { add } = open('a');
    for (let i = 0; i < 30; i++) add(100).leave();
    const late = add(100);
    for (let i = 0; i < 8; i++) add(100);
    late.unread = 99;
    // Counted are 1001 bytes, and 1000 are unread.
    add(101);
    expect(cut()).not.toContain(true);
    add(1);
    expect(cut()).toContain(true);
  });

  it('makes room as often as there is none', () => {
    const { open, cut } = unreadRig({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 2000 });
    const { add } = open('a');
    for (let i = 0; i < 11; i++) add(100);
    for (let i = 0; i < 4; i++) add(100);
    expect(cut().filter(Boolean)).toHaveLength(8);
  });

  it('says which limit is met where those who have most can make no room', () => {
    const { budget } = unreadRig({ maxUnreadBytesPerPrincipal: 400, maxUnreadTotalBytes: 1000 });
    const [ann, bob, nobody] = [holder('ann'), holder('bob'), holder()];
    const counted = (each: typeof ann, bytes: number): void => {
      each.bytes = bytes;
      budget.counted(each, bytes);
    };
    counted(ann, 400);
    counted(bob, 10);
    counted(nobody, 500);
    expect([ann, bob, nobody].map((each) => budget.met(each))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    counted(ann, 401);
    expect([ann, bob, nobody].map((each) => budget.met(each))).toEqual([
      'maxUnreadBytesPerPrincipal',
      undefined,
      undefined,
    ]);
    counted(nobody, 589);
    expect(budget.met(bob)).toBeUndefined();
    counted(nobody, 590);
    expect(budget.met(bob)).toBe('maxUnreadTotalBytes');
  });

  it('bounds what the sessions of one principal hold together, and nobody else loses', () => {
    const bounds = { maxUnreadBytesPerPrincipal: 400, maxUnreadBytes: 300 };
    const { open, cut, limits } = unreadRig({ ...bounds, maxUnreadTotalBytes: 10_000 });
    const [one, two, other] = [open('1', 'ann'), open('2', 'ann'), open('3', 'bob')];
    other.add(300);
    for (const bytes of [100, 100, 100]) one.add(bytes);
    two.add(100);
    expect(cut()).not.toContain(true);
    two.add(1);
    expect(cut()).toEqual([false, true, true, false, false, false]);
    expect(limits).toEqual({ maxUnreadBytesPerPrincipal: 2 });
  });

  it('has no share for callers that can not be told apart', () => {
    const { open, cut } = unreadRig({ maxUnreadBytesPerPrincipal: 400, maxUnreadBytes: 300 });
    for (const key of ['1', '2', '3']) open(key).add(300);
    expect(cut()).toEqual(no(3));
  });

  it('has the principal with most lose, however many sessions it has them on', () => {
    const { open, cut, limits } = unreadRig({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 900 });
    open('of ann', 'ann').add(300);
    for (let i = 0; i < 14; i++) open(`${i} of mallory`, 'mallory').add(50);
    expect(cut()).toEqual(no(15));
    open('of bob', 'bob').add(10);
    const mallory = [...Array.from({ length: 6 }, () => true), ...no(8)];
    expect(cut().filter((isCut) => isCut)).toHaveLength(mallory.filter((each) => each).length);
    expect([cut()[0], cut().at(-1)]).toEqual([false, false]);
    expect(limits).toEqual({ maxUnreadTotalBytes: 6 });
  });

  it('takes from another one where whoever had most has no longer', () => {
    const { open, cut } = unreadRig({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 900 });
    const [ann, bob] = [open('a', 'ann'), open('b', 'bob')];
    for (let i = 0; i < 5; i++) ann.add(100);
    for (let i = 0; i < 5; i++) bob.add(99);
    ann.add(100);
    expect([ann.account.bytes, bob.account.bytes]).toEqual([300, 396]);
    expect(cut()).toEqual([true, true, true, false, false, true, ...no(5)]);
  });

  it('drops what nobody reads closeTimeoutMs after the end of the runtime', async () => {
    const { open, budget, cut, clock, services } = unreadRig({ closeTimeoutMs: 500 });
    const { add } = open('a');
    add(10).leave();
    budget.close();
    expect(clock.pending).toBe(1);
    add(10);
    services.deadlines.stop();
    budget.close();
    await clock.elapse(499);
    expect(cut()).toEqual([false, false]);
    await clock.elapse(1);
    expect([...cut(), clock.pending]).toEqual([false, true, 0]);
  });

  it('drops the rest after the end of the runtime, though some of it was read', async () => {
    const { open, budget, cut, clock } = unreadRig({ closeTimeoutMs: 500 });
    const read = open('a').add(10);
    open('b').add(10);
    budget.close();
    read.leave();
    await clock.elapse(500);
    expect(cut()).toEqual([false, true]);
  });

  it('has nothing to wait for at the end where all was read', () => {
    const { open, budget, clock, services } = unreadRig({});
    const port = open('a').add(10);
    services.deadlines.stop();
    budget.close();
    expect(clock.pending).toBe(1);
    port.leave();
    expect(clock.pending).toBe(0);
  });
});
