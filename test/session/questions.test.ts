import { describe, expect, it } from 'vitest';
import { Questions } from '../../src/session/questions.ts';

const ask = (id: number | string, params?: Record<string, unknown>) =>
  ({ jsonrpc: '2.0', id, method: 'roots/list', ...(params && { params }) }) as const;

describe('Questions', () => {
  it('numbers the first incarnation from 0, as the SDK does', () => {
    const questions = new Questions(1);
    const ids = ['a', 'b', 'c'].map((id) => questions.open(ask(id), undefined).message.id);
    expect([ids, questions.size]).toEqual([[0, 1, 2], 3]);
  });

  it('gives no two incarnations the same id, and keeps ids safe integers for ever (law 9)', () => {
    const epochs = [1, 2, 3, 2 ** 21 - 1, 2 ** 21];
    const ids = epochs.map((epoch) => new Questions(epoch).open(ask(0), undefined).message.id);
    expect(new Set(ids).size).toBe(epochs.length);
    for (const id of ids) expect(Number.isSafeInteger(id)).toBe(true);
  });

  it('tells an open question from a stale, a late and an unknown one', () => {
    const earlier = new Questions(1).open(ask(0), undefined).question.wireId;
    const questions = new Questions(2);
    const { question } = questions.open(ask('mine'), undefined);
    expect(questions.recognise(question.wireId)).toBe(question);
    questions.close(question);
    expect(questions.recognise(question.wireId)).toBe('late');
    expect(questions.recognise(earlier)).toBe('stale');
    expect(questions.recognise(question.wireId + 1)).toBe('unknown');
    expect(questions.recognise(new Questions(3).open(ask(0), undefined).question.wireId)).toBe(
      'unknown',
    );
  });

  it.each(['0', -1, 0.5, NaN, null, undefined, {}])('does not know the id %j', (id) => {
    const questions = new Questions(1);
    questions.open(ask(0), undefined);
    expect(questions.recognise(id)).toBe('unknown');
  });

  it('gives progress the token that is its wire id, whatever its server called it', () => {
    const questions = new Questions(2);
    for (const token of [7, 'mine', 0]) {
      const meta = { progressToken: token, keep: 1 };
      const { question, message } = questions.open(ask(7, { _meta: meta }), undefined);
      expect(message.params).toEqual({ _meta: { progressToken: question.wireId, keep: 1 } });
      expect(question.localToken).toBe(token);
    }
    expect(questions.open(ask(8, { keep: 1 }), undefined).message.params).toEqual({ keep: 1 });
  });

  it('finds a question by the name its server gave it', () => {
    const questions = new Questions(1);
    const { question } = questions.open(ask('mine'), undefined);
    expect(questions.named('mine')).toBe(question);
    expect(questions.named(0)).toBeUndefined();
  });

  it('clear() gives back what was open', () => {
    const questions = new Questions(1);
    const { question } = questions.open(ask('a'), undefined);
    expect(questions.clear()).toEqual([question]);
    expect([questions.size, questions.recognise(0)]).toEqual([0, 'late']);
  });
});
