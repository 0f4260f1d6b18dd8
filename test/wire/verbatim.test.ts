import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestMessage } from '../../src/wire/jsonrpc.ts';
import { isInexact, jsonOf, keepText, keptText, relabel } from '../../src/wire/verbatim.ts';

const read = (text: string): RequestMessage => {
  const message = JSON.parse(text) as RequestMessage;
  keepText(message, text);
  return message;
};

describe('jsonOf', () => {
  it.each([
    '{"id":1,"method":"m","params":{"n":9007199254740993}}',
    '{"id":1,"method":"m","params":{"n":[1.0,-0,1e400,0.1234567890123456789]}}',
    '{ "id" : 1 , "method" : "m" , "params" : { "n" : -12345678901234567890 } }',
  ])('W11: writes %s as it was read', (text) => {
    expect(jsonOf(read(text))).toBe(text);
  });

  it('W11: writes numbers that a value can hold from the value', () => {
    const text = '{ "id": 1, "method": "m", "params": {"n": [12.5, -7, 0.1, 100, 9007199254740]} }';
    expect(keptText(read(text))).toBeUndefined();
    expect(jsonOf(read(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('W11: writes no end of a line', () => {
    const text = '{"id":1,\r\n"method":"m",\r"params":{"n":1.0}}';
    expect(jsonOf(read(text))).toBe('{"id":1, "method":"m", "params":{"n":1.0}}');
  });

  it.each([
    '{"id":1,"method":"ping","params":{"n":1.0},"method":"tools/call"}',
    '{"id":1,"method":"ping","params":{"n":1.0},"\\u0069d":2}',
  ])('W11: keeps no text in which a name comes twice: %s', (text) => {
    expect(keptText(read(text))).toBeUndefined();
    expect(jsonOf(read(text))).toBe(JSON.stringify(JSON.parse(text)));
  });
});

describe('relabel', () => {
  it('W11: gives the text the other id as well, and leaves ids further in alone', () => {
    const text = '{"params":{"id":1.0,"a":"\\"id\\":1"},"id" : "x\\"y","method":"m"}';
    const relabelled = relabel(read(text), 'new');
    expect(relabelled).toMatchObject({ id: 'new', method: 'm' });
    expect(jsonOf(relabelled)).toBe(
      '{"params":{"id":1.0,"a":"\\"id\\":1"},"id" : "new","method":"m"}',
    );
  });

  it('W11: writes what its value is, whatever the message', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.integer(),
        fc.boolean(),
        (params, id, isLast) => {
          const big = '"big":9007199254740993';
          const rest = `"method":"m","params":${JSON.stringify(params)},${big}`;
          const text = isLast ? `{${rest},"id":7}` : `{"id":7,${rest}}`;
          const json = jsonOf(relabel(read(text), id));
          expect(JSON.parse(json)).toEqual({ ...(JSON.parse(text) as object), id });
          expect(json).toContain(big);
        },
      ),
    );
  });
});

it('W11: isInexact never misses a number that is written otherwise', () => {
  expect.hasAssertions();
  const number = /^-?(0|[1-9]\d{0,24})(\.\d{1,20})?(e[+-]?\d{1,3})?$/;
  fc.assert(
    fc.property(fc.stringMatching(number), (text) => {
      const isKept = JSON.stringify(JSON.parse(text)) === text;
      expect([isKept, isInexact(text)]).not.toEqual([false, false]);
    }),
    { numRuns: 5000 },
  );
});
