import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEventId, parseEventId } from '../../src/wire/eventId.ts';

const KEY = '0abc1def2ghi3j';

describe('formatEventId and parseEventId (rows R1, R2)', () => {
  it('are each the inverse of the other', () => {
    const count = fc.integer({ min: 0, max: 999_999_999_999 });
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-z]{14}$/), count, count, (key, stream, sequence) => {
        const id = formatEventId(key, stream, sequence);
        expect(parseEventId(key, id)).toEqual({ stream, sequence });
      }),
    );
  });

  it('give no two events the same id', () => {
    const place = fc.tuple(fc.nat(), fc.nat());
    fc.assert(
      fc.property(place, place, ([s1, q1], [s2, q2]) => {
        const isSame = s1 === s2 && q1 === q2;
        expect(formatEventId(KEY, s1, q1) === formatEventId(KEY, s2, q2)).toBe(isSame);
      }),
    );
  });

  it('know nothing of another session', () => {
    expect(parseEventId(KEY, formatEventId('0abc1def2ghi3k', 1, 1))).toBeUndefined();
    expect(parseEventId(KEY, formatEventId(KEY.slice(1), 1, 1))).toBeUndefined();
    expect(parseEventId(KEY, formatEventId(`${KEY}0`, 1, 1))).toBeUndefined();
  });

  it.each([
    '',
    '_',
    '__',
    KEY,
    `${KEY}_1`,
    `${KEY}_1_`,
    `${KEY}__1`,
    `${KEY}_1_1_1`,
    `${KEY}_-1_1`,
    `${KEY}_1_-1`,
    `${KEY}_1.5_1`,
    `${KEY}_1e3_1`,
    `${KEY}_0x1_1`,
    `${KEY}_+1_1`,
    ` ${KEY}_1_1`,
    `${KEY}_1_1 `,
    `${KEY}_1_1\n`,
    `${KEY}_1_1, ${KEY}_1_2`,
    `${KEY}_1234567890123_1`,
    `${KEY}_1_1234567890123`,
    `${KEY.toUpperCase()}_1_1`,
    `${KEY}_١_1`,
    `${KEY}_NaN_Infinity`,
    '__proto___1_1',
  ])('take %j for no event', (text) => expect(parseEventId(KEY, text)).toBeUndefined());
});
