import { describe, expect, it } from 'vitest';
import { Relations } from '../../src/gateway/relations.ts';
import type { NotificationMessage, RequestMessage } from '../../src/wire/jsonrpc.ts';

function request(id: string | number, progressToken?: unknown): RequestMessage {
  const params = progressToken === undefined ? {} : { _meta: { progressToken } };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

function notification(method: string, params = {}): NotificationMessage {
  return { jsonrpc: '2.0', method: `notifications/${method}`, params };
}

function progress(progressToken: unknown): NotificationMessage {
  return notification('progress', { progressToken, progress: 1 });
}

function withdraw(requestId: unknown): NotificationMessage {
  return notification('cancelled', { requestId });
}

const LOG = notification('message');

describe('Relations.of', () => {
  it('is the session, while nothing is in flight', () => {
    const relations = new Relations();
    expect(relations.of(LOG, false)).toBeUndefined();
    expect(relations.of(request('question'), true)).toBeUndefined();
  });

  it('is the only request in flight, whether the session is read or not', () => {
    const relations = new Relations();
    relations.asked(request(1));
    expect(relations.of(LOG, true)).toBe(1);
    expect(relations.of(request('question'), false)).toBe(1);
    relations.settled(1);
    expect(relations.of(LOG, true)).toBeUndefined();
  });

  it('is the session where several are in flight and it is read, else the newest', () => {
    const relations = new Relations();
    for (const id of ['a', 'b', 'c']) relations.asked(request(id));
    expect(relations.of(LOG, true)).toBeUndefined();
    expect(relations.of(LOG, false)).toBe('c');
    relations.settled('c');
    expect(relations.of(LOG, false)).toBe('b');
  });

  it('goes by the token for progress: a number is not the text of it', () => {
    const relations = new Relations();
    relations.asked(request('a', 1));
    relations.asked(request('b', '1'));
    expect(relations.of(progress(1), true)).toBe('a');
    expect(relations.of(progress('1'), true)).toBe('b');
    expect(relations.of(progress('unknown'), false)).toBeUndefined();
    expect(relations.of(progress({}), false)).toBeUndefined();
    relations.settled('a');
    expect(relations.of(progress(1), false)).toBeUndefined();
  });

  it('keeps a token for the request that named it last', () => {
    const relations = new Relations();
    relations.asked(request('a', 't'));
    relations.asked(request('b', 't'));
    relations.settled('a');
    expect(relations.of(notification('progress', { progressToken: 't' }), true)).toBe('b');
  });

  it('withdraws a question where it was put, while that is in flight', () => {
    const relations = new Relations();
    relations.asked(request(1));
    relations.of(request('q1'), true);
    relations.of(request('q2'), true);
    relations.asked(request(2));
    expect(relations.of(withdraw('q1'), true)).toBe(1);
    relations.settled(1);
    expect(relations.of(withdraw('q2'), true)).toBeUndefined();
    expect(relations.of(withdraw('unknown'), true)).toBeUndefined();
    expect(relations.questions).toBe(0);
  });

  it('counts questions until they are answered', () => {
    const relations = new Relations();
    relations.of(request('q'), true);
    expect(relations.questions).toBe(1);
    relations.answered('q');
    expect(relations.questions).toBe(0);
  });
});
