import { AsyncLocalStorage } from 'node:async_hooks';
import { virtualClock } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';

/** A clock, and what its timers said, with the time they said it at. */
function start(now = 0) {
  const clock = virtualClock(now);
  const said: string[] = [];
  const say = (what: string) => (): void => void said.push(`${clock.now()} ${what}`);
  return { clock, said, say };
}

describe('virtualClock', () => {
  it('stands still until it is moved', () => {
    const { clock, said, say } = start(1000);
    clock.setTimeout(say('due'), 5);
    expect([clock.now(), clock.pending, said]).toEqual([1000, 1, []]);
    clock.advance(4);
    expect([clock.now(), said]).toEqual([1004, []]);
    clock.advance(1);
    expect([clock.pending, said]).toEqual([0, ['1005 due']]);
  });

  it('fires in order of time, then of arming, each at its own time', () => {
    const { clock, said, say } = start();
    clock.setTimeout(say('late'), 20);
    clock.setTimeout(say('first'), 10);
    clock.setTimeout(say('second'), 10);
    clock.clearTimeout(clock.setTimeout(say('never'), 10));
    clock.advance(100);
    expect(said).toEqual(['10 first', '10 second', '20 late']);
    expect(clock.now()).toBe(100);
  });

  it('fires what is armed on the way', () => {
    const { clock, said, say } = start();
    clock.setTimeout(() => clock.setTimeout(say('then'), 5), 10);
    clock.advance(20);
    expect(said).toEqual(['15 then']);
  });

  it('lets what is ready run between timers, where it elapses', async () => {
    const { clock, said, say } = start();
    clock.setTimeout(() => void Promise.resolve().then(() => clock.setTimeout(say('then'), 5)), 10);
    clock.setTimeout(say('later'), 20);
    await clock.elapse(30);
    expect(said).toEqual(['15 then', '20 later']);
    expect(clock.now()).toBe(30);
  });

  it('fires in the async context a timer was armed in', () => {
    const { clock } = start();
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    store.run('armed here', () => clock.setTimeout(() => seen.push(store.getStore()), 1));
    store.run('moved here', () => clock.advance(1));
    expect(seen).toEqual(['armed here']);
  });
});
