import { describe, expect, it } from 'vitest';
import { STATE_PATHS } from '../../../machines/states.ts';
import {
  type Choice,
  choose,
  EVERYTHING,
  sortedBy,
} from '../../../src/watch/inspector/page/choice.ts';
import { placeOf, STATES } from '../../../src/watch/inspector/page/states.ts';
import { newRow, type Row } from '../../../src/watch/inspector/rows.ts';

function row(key: string, fields: Partial<Row>): Row {
  return { ...newRow(key, 0), state: 'active', ...fields };
}

const ROWS = [
  row('a', { startedAt: 3, seen: { in: 1, out: 1 }, principal: 'alice', client: 'cursor 1' }),
  row('b', { startedAt: 1, seen: { in: 5, out: 5 }, inFlight: 2, state: 'idle.warm' }),
  row('c', { startedAt: 2, questions: 3, state: 'idle.asleep', principal: 'alice' }),
  row('d', { startedAt: 0, state: 'evicted', reason: 'capacity', endedAt: 9 }),
];

const keys = (part: Partial<Choice>): string =>
  choose(ROWS, { ...EVERYTHING, ...part })
    .map(({ key }) => key)
    .join('');

describe('STATES', () => {
  it('are those of the machine, in the same order', () => {
    expect(STATES.filter((state) => STATE_PATHS.includes(state))).toEqual(STATE_PATHS);
    expect(placeOf('new')).toBeLessThan(placeOf('initializing.building'));
  });
});

describe('sortedBy', () => {
  it('turns the order of the same column; of figures, the highest come first', () => {
    const byState = sortedBy(EVERYTHING, 'state');
    expect(byState).toMatchObject({ sortBy: 'state', isDescending: false });
    expect(sortedBy(byState, 'state')).toMatchObject({ sortBy: 'state', isDescending: true });
    expect(sortedBy(byState, 'traffic')).toMatchObject({ sortBy: 'traffic', isDescending: true });
  });
});

describe('choose', () => {
  it.each<[string, Partial<Choice>, string]>([
    ['those that live, the youngest first', {}, 'acb'],
    ['all', { state: 'all' }, 'acbd'],
    ['a state and all below it', { state: 'idle' }, 'cb'],
    ['one state', { state: 'idle.asleep' }, 'c'],
    ['a principal', { principal: 'alice' }, 'ac'],
    ['a reason, which only those have that ended', { reason: 'capacity' }, 'd'],
    ['a reason nobody has', { reason: 'crashed' }, ''],
    ['what a client calls itself', { text: 'curs' }, 'a'],
    ['a key', { text: 'b' }, 'b'],
    ['the oldest first', { isDescending: true }, 'bca'],
    ['most traffic first', { sortBy: 'traffic', isDescending: true }, 'bac'],
    ['by session', { sortBy: 'session' }, 'abc'],
    ['by client, those without a name last', { state: 'all', sortBy: 'client' }, 'abcd'],
    ['by state, in the order of a life', { state: 'all', sortBy: 'state' }, 'abcd'],
    ['the end of a life first', { state: 'all', sortBy: 'state', isDescending: true }, 'dcba'],
    ['fullest mailbox first', { sortBy: 'mailbox', isDescending: true }, 'cba'],
  ])('lists %s', (_what, part, expected) => {
    expect(keys(part)).toBe(expected);
  });

  it('takes no state for one below it because its name begins alike', () => {
    const rows = [row('a', { state: 'idler' })];
    expect(choose(rows, { ...EVERYTHING, state: 'idle' })).toEqual([]);
  });
});
