import { describe, expect, it } from 'vitest';
import { clientOf, exported, withNames } from '../../../src/watch/inspector/names.ts';

const at = { at: 1, session: 'a' };
const message = {
  ...at,
  type: 'message',
  direction: 'in',
  kind: 'request',
  method: 'tools/call',
  bytes: 9,
} as const;
const crashed = { ...at, type: 'crashed', restarted: false, error: 'TypeError' } as const;
const ended = { ...at, type: 'ended', reason: 'expired', ageMs: 1 } as const;
const kept = { ...at, type: 'kept', ageMs: 1 } as const;

const client = () => ({ name: 'zed', version: '1' });

const textOf = (error: unknown): string => {
  const line = withNames(crashed, { error });
  return 'text' in line && line.text !== undefined ? line.text : '';
};

describe('withNames', () => {
  it('adds the name of a tool, and nothing where there is none', () => {
    expect(withNames(message, { target: () => 'echo' })).toEqual({ ...message, name: 'echo' });
    expect(withNames(message, { target: () => undefined })).toBe(message);
    expect(withNames(message, {})).toBe(message);
  });

  it('adds what the client called itself to the end of its session', () => {
    expect(withNames(ended, { client })).toEqual({ ...ended, client: 'zed 1' });
    expect(withNames(ended, {})).toBe(ended);
    expect(withNames(kept, { client })).toEqual({ ...kept, client: 'zed 1' });
    expect(clientOf({ name: 'x'.repeat(500), version: '1' })).toHaveLength(80);
  });

  it('adds the message of an error and the first lines of its stack', () => {
    const lines = textOf(new TypeError('no rows')).split('\n');
    expect(lines[0]).toBe('TypeError: no rows');
    expect(lines[1]).toMatch(/^ +at .*names\.test\.ts/);
    expect(lines.length).toBeLessThanOrEqual(8);
  });

  it('tells the causes of an error, and no more than some of them', () => {
    const first = new Error('the socket is gone');
    const error = new Error('can not start', { cause: new Error('no answer', { cause: first }) });
    expect(textOf(error).match(/^(?:caused by )?Error: .*/gm)).toEqual([
      'Error: can not start',
      'caused by Error: no answer',
      'caused by Error: the socket is gone',
    ]);
    first.cause = error;
    expect(textOf(error).match(/^caused by/gm)).toHaveLength(2);
  });

  it.each([
    ['text', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['what can not be text', Object.create(null), 'object'],
  ])('tells of %s that was thrown', (_what, thrown, text) => {
    expect(textOf(thrown)).toBe(text);
  });

  it('tells the message of an error whose stack is without one', () => {
    const error = Object.assign(new Error('late'), { stack: 'at nowhere' });
    expect(textOf(error)).toBe('Error: late\nat nowhere');
    expect(textOf(Object.assign(error, { stack: undefined }))).toBe('Error: late');
  });

  it('cuts what is too long', () => {
    expect(textOf('x'.repeat(100_000))).toHaveLength(2000);
  });
});

describe('exported', () => {
  it('leaves out what may hold anything, and keeps the name of a tool', () => {
    expect(exported(withNames(crashed, { error: new Error('secret') }))).toEqual(crashed);
    expect(exported(withNames(ended, { client }))).toEqual(ended);
    expect(exported(withNames(kept, { client }))).toEqual(kept);
    const named = { ...message, name: 'echo' };
    expect(exported(named)).toBe(named);
  });
});
