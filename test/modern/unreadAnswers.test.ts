import { describe, expect, it } from 'vitest';
import { UnreadBudget } from '../../src/http/unreadBudget.ts';
import { UnreadAnswers } from '../../src/modern/unreadAnswers.ts';
import { servicesOf } from '../support/servicesOf.ts';
import { UnreadPort } from '../support/unreadRig.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

const KB = 1024;

const isCut = (ports: readonly UnreadPort[]): boolean[] => ports.map((port) => port.isCut);

function rigOf(limits: Parameters<typeof servicesOf>[0]) {
  const services = servicesOf(limits);
  const answers = new UnreadAnswers({ services, unread: new UnreadBudget(services) });
  const clock = services.clock as VirtualClock;
  const add = (principal: string, task?: string): UnreadPort => {
    const port = new UnreadPort(40 * KB);
    answers.add(port, principal, task);
    return port;
  };
  return { services, clock, add };
}

describe('answers about tasks, and others that no session has said', () => {
  it('are bounded by task: the oldest are cut, and no other task’s', () => {
    const { services, add } = rigOf({ maxUnreadBytes: 100 * KB });
    const other = add('ann', 'other');
    const ports = [add('ann', 'one'), add('ann', 'one'), add('ann', 'one')];
    expect([...isCut(ports), other.isCut]).toEqual([true, false, false, false]);
    expect(services.counters.limits).toEqual({ maxUnreadBytes: 1 });
  });

  it('count among what their principal leaves unread', () => {
    const { add } = rigOf({ maxUnreadBytesPerPrincipal: 100 * KB });
    const bob = add('bob');
    const ports = ['a', 'b', 'c'].map((task) => add('ann', task));
    expect(isCut(ports).filter(Boolean)).not.toHaveLength(0);
    expect(bob.isCut).toBe(false);
  });

  it('are dropped when nobody has read them for unreadTimeoutMs', async () => {
    const { clock, add } = rigOf({ unreadTimeoutMs: 1000 });
    const port = add('ann', 'one');
    await clock.elapse(2100);
    expect(port.isCut).toBe(true);
    expect(add('ann', 'one').isCut).toBe(false);
  });
});
