import { describe, expect, it } from 'vitest';
import { StreamTimers } from '../../src/http/streamTimers.ts';
import { UnreadAccount, UnreadBudget } from '../../src/http/unread.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { servicesOf } from '../support/servicesOf.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

class Port implements ResponsePort {
  unread: number;
  isCut = false;
  /** Written to its end: the bytes are still there. */
  gone = true;
  #callbacks: (() => void)[] = [];

  constructor(unread: number) {
    this.unread = unread;
  }

  cut(): void {
    this.isCut = true;
    this.leave();
  }

  leave(): void {
    this.unread = 0;
    for (const callback of this.#callbacks) callback();
  }

  whenGone(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  send(): void {}
  open(): void {}
  write(): void {}
  end(): void {}

  drained(): Promise<void> {
    return Promise.resolve();
  }
}

function setUp(limits: Parameters<typeof servicesOf>[0]) {
  const services = servicesOf(limits);
  const budget = new UnreadBudget(services);
  const timers = new StreamTimers(services);
  const ports: Port[] = [];
  const open = (key: string) => {
    const account = new UnreadAccount(services, budget, timers, key);
    const add = (unread: number, isLive = false): Port => {
      const port = new Port(unread);
      port.gone = !isLive;
      ports.push(port);
      account.add(port);
      return port;
    };
    return { account, add };
  };
  return {
    open,
    services,
    clock: services.clock as VirtualClock,
    cut: () => ports.map(({ isCut }) => isCut),
    limits: services.counters.limits,
  };
}

describe('UnreadAccount', () => {
  it('cuts the oldest responses once there are more bytes than allowed, and counts', () => {
    const { open, cut, limits } = setUp({ maxUnreadBytes: 100 });
    const { add } = open('a');
    for (const bytes of [60, 30, 50]) add(bytes);
    expect(cut()).toEqual([true, false, false]);
    add(90);
    expect(cut()).toEqual([true, true, true, false]);
    expect(limits).toEqual({ maxUnreadBytes: 3 });
  });

  it('lets one response be larger than the limit: its client is reading it', () => {
    const { open, cut } = setUp({ maxUnreadBytes: 100 });
    const { add } = open('a');
    add(1000);
    expect(cut()).toEqual([false]);
    add(1);
    expect(cut()).toEqual([true, false]);
  });

  it('counts what is unread now, not what was once, and forgets what has left', () => {
    const { open, cut } = setUp({ maxUnreadBytes: 100 });
    const { add } = open('a');
    add(90).unread = 5;
    add(90).leave();
    add(90);
    expect(cut()).toEqual([false, false, false]);
  });

  it('cuts a response that is over when its client takes nothing for unreadTimeoutMs', async () => {
    const { open, cut, clock, limits, services } = setUp({ unreadTimeoutMs: 1000 });
    const { add } = open('a');
    const [stalled, reading, live] = [add(10), add(10), add(10, true)];
    reading.unread = 9;
    await clock.elapse(1000);
    expect(cut()).toEqual([true, false, false]);
    expect(limits).toEqual({ unreadTimeoutMs: 1 });
    reading.leave();
    live.leave();
    expect([stalled.isCut, services.deadlines.size]).toEqual([true, 0]);
  });

  it('drops what is unread closeTimeoutMs after the end of its session', async () => {
    const { open, cut, clock, services } = setUp({ closeTimeoutMs: 500 });
    const { account, add } = open('a');
    add(10);
    add(10, true);
    account.end();
    await clock.elapse(499);
    expect(cut()).toEqual([false, false]);
    await clock.elapse(1);
    expect(cut()).toEqual([true, true]);
    expect([account.bytes, services.deadlines.size]).toEqual([0, 0]);
  });
});

describe('UnreadBudget', () => {
  it('cuts the largest account first, down to three quarters', () => {
    const { open, cut, limits } = setUp({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 900 });
    const [small, large] = [open('small'), open('large')];
    small.add(100);
    small.add(100);
    for (let i = 0; i < 8; i++) large.add(100);
    expect(cut()).not.toContain(true);
    small.add(1);
    expect(cut()).toEqual([false, false, true, true, true, ...Array(6).fill(false)]);
    expect(limits).toEqual({ maxUnreadTotalBytes: 3 });
  });

  it('finds out what was read before it cuts', () => {
    const { open, cut } = setUp({ maxUnreadTotalBytes: 1000, maxUnreadBytes: 900 });
    const { add } = open('a');
    for (let i = 0; i < 30; i++) add(100).leave();
    expect(cut()).not.toContain(true);
  });
});
