import { describe, expect, it } from 'vitest';
import { Recall } from '../../src/http/recall.ts';
import { UnreadBudget } from '../../src/http/unreadBudget.ts';
import { servicesOf } from '../support/servicesOf.ts';

function setUp(limits: Parameters<typeof servicesOf>[0]) {
  const services = servicesOf(limits);
  const share = { services, unread: new UnreadBudget(services) };
  const open = (key: string): Recall => new Recall({ key, principal: 'ann' }, share);
  return { open, limits: services.counters.limits };
}

const frame = 'x'.repeat(100);
const take = (recall: Recall, count: number): void => {
  for (let sequence = 1; sequence <= count; sequence++) recall.take({ sequence, frame });
};

describe('Recall', () => {
  it('takes no more than maxUnreadBytes, and counts', () => {
    const { open, limits } = setUp({ maxUnreadBytes: 250 });
    const recall = open('a');
    take(recall, 2);
    expect(recall.isWhole).toBe(true);
    take(recall, 3);
    expect([recall.last?.sequence, recall.isWhole, recall.isCut]).toEqual([2, false, false]);
    expect(limits).toEqual({ maxUnreadBytes: 1 });
  });

  it('takes one event that is larger than all: it can not be given in parts', () => {
    const { open } = setUp({ maxUnreadBytes: 50 });
    const recall = open('a');
    take(recall, 2);
    expect([recall.last?.sequence, recall.isWhole]).toEqual([1, false]);
  });

  it('gives way where the sessions of its principal hold too much, and takes nothing more', () => {
    const { open, limits } = setUp({ maxUnreadBytes: 1000, maxUnreadBytesPerPrincipal: 500 });
    const [one, other] = [open('one'), open('other')];
    take(one, 4);
    take(other, 2);
    expect([one.isCut, one.until(9), other.isCut]).toEqual([true, [], false]);
    take(one, 1);
    expect([one.until(9), one.bytes]).toEqual([[], 0]);
    expect(limits).toEqual({ maxUnreadBytesPerPrincipal: 1 });
  });
});
