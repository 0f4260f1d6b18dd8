import { describe, expect, it } from 'vitest';
import { HostRig } from '../support/hostRig.ts';
import { rejected } from '../support/rejected.ts';

const idOf = (scope: { readonly questions: readonly { readonly id: string }[] }, at = 0): string =>
  scope.questions[at]!.id;

describe('ask and answer', () => {
  it('an answer reaches who asked, once', async () => {
    const { scope } = await new HostRig().enter();
    const first = scope.ask('elicitation', { message: 'one' });
    const second = scope.ask('sampling', { message: 'two' });
    expect(scope.questions).toEqual([
      {
        id: expect.any(String) as string,
        kind: 'elicitation',
        params: { message: 'one' },
        askedAt: 1_000_000,
      },
      {
        id: expect.any(String) as string,
        kind: 'sampling',
        params: { message: 'two' },
        askedAt: 1_000_000,
      },
    ]);
    const [one, two] = [idOf(scope, 0), idOf(scope, 1)];
    expect(scope.answer(two, 'B')).toBe(true);
    expect(scope.answer(one, 'A')).toBe(true);
    expect(await Promise.all([first, second])).toEqual(['A', 'B']);
    expect(scope.answer(one, 'again')).toBe(false);
    expect(scope.questions).toEqual([]);
  });

  it('no answer is accepted from another scope', async () => {
    const rig = new HostRig();
    const [one, two] = [await rig.enter(), await rig.enter()];
    const answer = one.scope.ask('elicitation', {});
    const own = two.scope.ask('elicitation', {});
    expect(two.scope.answer(idOf(one.scope), 'forged')).toBe(false);
    expect(two.scope.questions).toHaveLength(1);
    expect(one.scope.questions).toHaveLength(1);
    expect(one.scope.answer(idOf(one.scope), 'mine')).toBe(true);
    expect(two.scope.answer(idOf(two.scope), 'own')).toBe(true);
    expect(await Promise.all([answer, own])).toEqual(['mine', 'own']);
  });

  it('an id of an ended scope answers nothing in the next one of the same user', async () => {
    const rig = new HostRig({ scopeOf: () => ['one'] });
    const before = await rig.enter();
    const lost = before.scope.ask('approval', 'delete nothing?');
    const refused = rejected(lost);
    const stale = idOf(before.scope);
    before.scope.close();
    expect(await refused).toMatchObject({ code: 'session-over' });
    await rig.gone();
    const after = await rig.enter();
    const answer = after.scope.ask('approval', 'delete everything?');
    expect(after.scope.answer(stale, 'yes')).toBe(false);
    after.scope.answer(idOf(after.scope), 'no');
    expect(await answer).toBe('no');
  });

  it.each(['', '1', '0', '__proto__', 'constructor', '\u0000'])('%j is no question', async (id) => {
    const { scope } = await new HostRig().enter();
    const answer = scope.ask('approval', {});
    expect(scope.answer(id, 1)).toBe(false);
    scope.answer(idOf(scope), 2);
    expect(await answer).toBe(2);
  });

  it('an answer its schema refuses is told to who gave it, and the question stays open', async () => {
    const { scope } = await new HostRig().enter();
    const schema = {
      parse(value: unknown): number {
        if (typeof value !== 'number') throw new Error('a number, please');
        return value + 1;
      },
    };
    const answer = scope.ask('count', {}, { schema });
    expect(() => scope.answer(idOf(scope), 'two')).toThrow('a number, please');
    expect(scope.questions).toHaveLength(1);
    expect(scope.answer(idOf(scope), 2)).toBe(true);
    expect(await answer).toBe(3);
  });

  it('an answer whose schema ends the scope came too late', async () => {
    const { scope } = await new HostRig().enter();
    const schema = { parse: (): void => scope.close() };
    const asked = rejected(scope.ask('approval', {}, { schema }));
    expect(scope.answer(idOf(scope), 'yes')).toBe(false);
    expect(await asked).toMatchObject({ code: 'session-over' });
  });

  it('is given up with its signal, with the reason', async () => {
    const { scope } = await new HostRig().enter();
    const abort = new AbortController();
    const answer = scope.ask('approval', {}, { signal: abort.signal });
    const id = idOf(scope);
    abort.abort(new Error('cancelled'));
    await expect(answer).rejects.toThrow('cancelled');
    expect(scope.answer(id, 'late')).toBe(false);
    const late = scope.ask('approval', {}, { signal: abort.signal });
    await expect(late).rejects.toThrow('cancelled');
    expect(scope.questions).toEqual([]);
  });

  it('is given up after answerTimeoutMs', async () => {
    const rig = new HostRig({ answerTimeoutMs: 1000 });
    const { scope } = await rig.enter();
    const first = scope.ask('approval', {});
    const refused = rejected(first);
    await rig.clock.elapse(500);
    const second = scope.ask('approval', {});
    await rig.clock.elapse(500);
    expect(await refused).toMatchObject({ code: 'timed-out' });
    expect(scope.questions).toHaveLength(1);
    scope.answer(idOf(scope), 'in time');
    expect(await second).toBe('in time');
  });

  it('is bounded by count', async () => {
    const rig = new HostRig({ maxQuestions: 2 });
    const { scope } = await rig.enter();
    const answers = [scope.ask('a', {}), scope.ask('b', {})];
    await expect(scope.ask('c', {})).rejects.toMatchObject({ code: 'inbox-full' });
    expect(rig.host.stats().limits).toEqual({ maxQuestions: 1 });
    scope.answer(idOf(scope), 1);
    answers.push(scope.ask('d', {}));
    for (const { id } of scope.questions) scope.answer(id, 2);
    expect(await Promise.all(answers)).toEqual([1, 2, 2]);
  });

  it('is bounded by bytes', async () => {
    const rig = new HostRig({ maxQuestionBytes: 100 });
    const limits = rig.record('limit');
    const { scope } = await rig.enter();
    const first = scope.ask('a', 'x'.repeat(60));
    await expect(scope.ask('b', 'x'.repeat(60))).rejects.toMatchObject({ code: 'inbox-full' });
    expect(limits).toEqual([{ session: scope.key, limit: 'maxQuestionBytes' }]);
    scope.answer(idOf(scope), 1);
    const second = scope.ask('b', 'x'.repeat(60));
    scope.answer(idOf(scope), 2);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  it('tells its own subscribers that it is open, and that it is closed', async () => {
    const { scope } = await new HostRig().enter();
    const heard: unknown[] = [];
    scope.subscribe(({ kind, data }) => heard.push([kind, data]));
    const answer = scope.ask('approval', { of: 'this' });
    const [question] = scope.questions;
    scope.answer(question!.id, { secret: 'said' });
    await answer;
    expect(heard).toEqual([
      ['question', question],
      ['question.closed', { id: question!.id }],
    ]);
  });

  it('holds no signal once it is answered', async () => {
    const { scope } = await new HostRig().enter();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof add>) => (
      listeners--,
      remove(...args)
    );
    const answer = scope.ask('approval', {}, { signal });
    expect(listeners).toBe(1);
    scope.answer(idOf(scope), 1);
    await answer;
    expect(listeners).toBe(0);
  });
});
