import { describe, expect, it } from 'vitest';
import { UnreadAnswers } from '../../src/http/unread.ts';
import type { ResponsePort } from '../../src/wire/port.ts';

class Port implements ResponsePort {
  unread: number;
  isCut = false;
  #callbacks: (() => void)[] = [];

  constructor(unread: number) {
    this.unread = unread;
  }

  get gone(): boolean {
    return this.isCut;
  }

  cut(): void {
    this.isCut = true;
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

function setUp(maxBytes: number) {
  const cuts: Port[] = [];
  const answers = new UnreadAnswers(maxBytes, () => cuts.push(ports.find(({ isCut }) => !isCut)!));
  const ports: Port[] = [];
  const add = (unread: number): Port => {
    const port = new Port(unread);
    ports.push(port);
    answers.add(port);
    return port;
  };
  return { add, cuts, cut: () => ports.map(({ isCut }) => isCut) };
}

describe('UnreadAnswers', () => {
  it('cuts the oldest ones once there are more bytes than allowed, and says so each time', () => {
    const { add, cut, cuts } = setUp(100);
    for (const bytes of [60, 30, 50]) add(bytes);
    expect(cut()).toEqual([true, false, false]);
    add(90);
    expect(cut()).toEqual([true, true, true, false]);
    expect(cuts).toHaveLength(3);
  });

  it('lets one answer be larger than the limit: its client is reading it', () => {
    const { add, cut } = setUp(100);
    add(1000);
    expect(cut()).toEqual([false]);
    add(1);
    expect(cut()).toEqual([true, false]);
  });

  it('counts what is unread now, not what was once', () => {
    const { add, cut } = setUp(100);
    const first = add(90);
    first.unread = 5;
    add(90);
    expect(cut()).toEqual([false, false]);
  });

  it('forgets an answer that is over', () => {
    const { add, cut } = setUp(100);
    add(90).cut();
    add(90);
    expect(cut()).toEqual([true, false]);
  });

  it('has nothing to count where all was read at once', () => {
    const { add, cut } = setUp(1);
    add(0);
    add(0);
    expect(cut()).toEqual([false, false]);
  });
});
