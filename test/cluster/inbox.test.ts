import { beforeEach, describe, expect, it } from 'vitest';
import { Inbox } from '../../src/cluster/inbox.ts';
import { VirtualClock } from '../support/virtualClock.ts';

describe('Inbox', () => {
  let clock: VirtualClock;
  let sent: number[];
  let inbox: Inbox;
  beforeEach(() => {
    clock = new VirtualClock();
    sent = [];
    inbox = new Inbox({ clock, ping: (n) => void sent.push(n) }, 1000);
  });

  it('hears once a ping was answered, and as long as none waits too long', () => {
    expect([inbox.isHearing, inbox.isSilent]).toEqual([false, false]);
    inbox.ping();
    expect(inbox.isHearing).toBe(false);
    inbox.heard(sent[0]!);
    expect(inbox.isHearing).toBe(true);
    inbox.ping();
    clock.advance(999);
    expect([inbox.isHearing, inbox.isSilent]).toEqual([true, false]);
    clock.advance(1);
    expect([inbox.isHearing, inbox.isSilent]).toEqual([false, true]);
    inbox.heard(sent[1]!);
    expect([inbox.isHearing, inbox.isSilent]).toEqual([true, false]);
  });

  it('takes the pings before for answered, and no later one', () => {
    inbox.ping();
    clock.advance(600);
    inbox.ping();
    inbox.heard(sent[0]!);
    clock.advance(600);
    expect(inbox.isSilent).toBe(false);
    inbox.ping();
    inbox.ping();
    inbox.heard(sent[2]!);
    clock.advance(900);
    expect(inbox.isSilent).toBe(false);
    clock.advance(100);
    expect(inbox.isSilent).toBe(true);
  });

  it('believes no ping of before a restart, and none that was never sent', () => {
    inbox.ping();
    inbox.restart();
    inbox.heard(sent[0]!);
    inbox.heard(99);
    expect([inbox.isHearing, inbox.isSilent]).toEqual([false, false]);
    inbox.ping();
    expect(sent[1]).not.toBe(sent[0]);
    inbox.heard(sent[0]!);
    expect(inbox.isHearing).toBe(false);
    inbox.heard(sent[1]!);
    expect(inbox.isHearing).toBe(true);
  });

  it('has 32 pings under way at most', () => {
    for (let i = 0; i < 40; i++) inbox.ping();
    expect(sent.length).toBe(32);
    inbox.heard(sent[31]!);
    inbox.ping();
    expect(sent.length).toBe(33);
  });
});
