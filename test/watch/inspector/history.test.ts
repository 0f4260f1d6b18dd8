import { describe, expect, it } from 'vitest';
import { History } from '../../../src/watch/inspector/history.ts';
import type { Line } from '../../../src/watch/inspector/lines.ts';

const LIMITS = { maxTransitions: 3, maxMessages: 2, maxEntries: 8 };

function message(session: string, at: number): Line {
  return {
    type: 'message',
    at,
    session,
    direction: 'in',
    kind: 'request',
    method: 'ping',
    bytes: 1,
  };
}

function slept(session: string, at: number): Line {
  return { type: 'slept', at, session };
}

const times = (history: History, session: string, after = 0): number[] =>
  history.of(session, after).map(({ line }) => line.at);

describe('History', () => {
  it('keeps the last messages of a session, and apart from them the last of its life', () => {
    const history = new History(LIMITS);
    history.write(slept('a', 1));
    for (const at of [2, 3, 4]) history.write(message('a', at));
    expect(times(history, 'a')).toEqual([1, 3, 4]);
  });

  it('gives what came after a line somebody has', () => {
    const history = new History(LIMITS);
    history.write(message('a', 1));
    const [first] = history.of('a', 0);
    history.write(message('b', 2));
    history.write(message('a', 3));
    expect(times(history, 'a', first!.n)).toEqual([3]);
    expect(history.of('nobody', 0)).toEqual([]);
  });

  it('forgets the session that was quiet for longest, when all together are too many', () => {
    const history = new History(LIMITS);
    for (const [at, session] of ['a', 'b', 'a', 'c', 'c', 'b', 'd', 'd', 'e'].entries()) {
      history.write(message(session, at));
    }
    expect(times(history, 'a')).toEqual([]);
    expect(times(history, 'b')).toEqual([1, 5]);
    expect(history.entries).toBeLessThanOrEqual(LIMITS.maxEntries);
  });

  it('stays within its limit whatever is written', () => {
    const history = new History(LIMITS);
    for (let at = 0; at < 1000; at++) {
      history.write(message(`s${at % 7}`, at));
      history.write(slept(`t${at % 5}`, at));
      history.write({ type: 'limit', at, session: undefined, limit: 'maxSessions' });
      expect(history.entries).toBeLessThanOrEqual(LIMITS.maxEntries);
    }
    expect(history.all().length).toBeLessThanOrEqual(LIMITS.maxEntries + LIMITS.maxMessages);
  });

  it('tells all there is in the order it happened', () => {
    const history = new History(LIMITS);
    for (const [at, session] of ['a', 'b', 'a', 'b'].entries()) history.write(message(session, at));
    expect(history.all().map(({ line }) => line.at)).toEqual([0, 1, 2, 3]);
  });
});
