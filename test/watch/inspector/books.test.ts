import { describe, expect, it } from 'vitest';
import { Books } from '../../../src/watch/inspector/books.ts';
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

const times = (books: Books, session: string, after = 0): number[] =>
  books.of(session, after).map(({ line }) => line.at);

describe('Books', () => {
  it('keeps the last messages of a session, and apart from them the last of its life', () => {
    const books = new Books(LIMITS);
    books.write(slept('a', 1));
    for (const at of [2, 3, 4]) books.write(message('a', at));
    expect(times(books, 'a')).toEqual([1, 3, 4]);
  });

  it('gives what came after a line somebody has', () => {
    const books = new Books(LIMITS);
    books.write(message('a', 1));
    const [first] = books.of('a', 0);
    books.write(message('b', 2));
    books.write(message('a', 3));
    expect(times(books, 'a', first!.n)).toEqual([3]);
    expect(books.of('nobody', 0)).toEqual([]);
  });

  it('forgets the session that was quiet for longest, when all together are too many', () => {
    const books = new Books(LIMITS);
    for (const [at, session] of ['a', 'b', 'a', 'c', 'c', 'b', 'd', 'd', 'e'].entries()) {
      books.write(message(session, at));
    }
    expect(times(books, 'a')).toEqual([]);
    expect(times(books, 'b')).toEqual([1, 5]);
    expect(books.entries).toBeLessThanOrEqual(LIMITS.maxEntries);
  });

  it('stays within its limit whatever is written', () => {
    const books = new Books(LIMITS);
    for (let at = 0; at < 1000; at++) {
      books.write(message(`s${at % 7}`, at));
      books.write(slept(`t${at % 5}`, at));
      books.write({ type: 'limit', at, session: undefined, limit: 'maxSessions' });
      expect(books.entries).toBeLessThanOrEqual(LIMITS.maxEntries);
    }
    expect(books.all().length).toBeLessThanOrEqual(LIMITS.maxEntries + LIMITS.maxMessages);
  });

  it('tells all there is in the order it happened', () => {
    const books = new Books(LIMITS);
    for (const [at, session] of ['a', 'b', 'a', 'b'].entries()) books.write(message(session, at));
    expect(books.all().map(({ line }) => line.at)).toEqual([0, 1, 2, 3]);
  });
});
