import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsBatch, isInitialize, isProbe, type Parcel, readBody } from '../../src/wire/body.ts';

const LIMITS = { maxDepth: 8, maxElements: 50 };
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };
const probe = { jsonrpc: '2.0', id: 0, method: 'server/discover' };

function read(value: unknown): Parcel {
  const parcel = readBody({ text: JSON.stringify(value) }, LIMITS);
  if (typeof parcel === 'string') throw new Error(parcel);
  return parcel;
}

describe('readBody', () => {
  it('reads one message, and how long its text was', () => {
    const text = JSON.stringify(ping);
    expect(readBody({ text }, LIMITS)).toEqual({
      messages: [ping],
      isBatch: false,
      bytes: text.length,
      weight: text.length + 3 * 64,
    });
  });

  it('reads a batch in order', () => {
    expect(read([initialize, ping])).toMatchObject({ messages: [initialize, ping], isBatch: true });
  });

  it('reads what a host has parsed, whose length nobody knows', () => {
    expect(readBody({ parsed: ping }, LIMITS)).toEqual({
      messages: [ping],
      isBatch: false,
      bytes: 0,
      weight: expect.any(Number) as number,
    });
  });

  it.each([
    ['', 'parse-error'],
    ['{', 'parse-error'],
    ['\ufeff{}', 'parse-error'],
    ['[]', 'invalid-request'],
    ['{}', 'invalid-request'],
    ['null', 'invalid-request'],
    ['[[]]', 'invalid-request'],
    [`[${JSON.stringify(ping)},{}]`, 'invalid-request'],
    ['['.repeat(9), 'body-too-deep'],
    [`[${'true,'.repeat(50)}1]`, 'body-too-many-elements'],
  ])('says of %j: %s', (text, code) => {
    expect(readBody({ text }, LIMITS)).toBe(code);
  });

  it('limits what a host has parsed as it limits text', () => {
    const deep: unknown = JSON.parse('['.repeat(9) + ']'.repeat(9));
    expect(readBody({ parsed: deep }, LIMITS)).toBe('body-too-deep');
    expect(readBody({ parsed: Array(51).fill(true) }, LIMITS)).toBe('body-too-many-elements');
    expect(readBody({ parsed: undefined }, LIMITS)).toBe('invalid-request');
  });

  it('never throws, and says the same of text and of the value it parses to', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom(ping, initialize, {}))),
        (value) => {
          const text = readBody({ text: JSON.stringify(value) }, LIMITS);
          const parsed = readBody({ parsed: value }, LIMITS);
          const [heavy, light] = [text, parsed].map((of) =>
            typeof of === 'string' ? 0 : of.weight,
          );
          const same = typeof text === 'string' ? text : { ...text, bytes: 0, weight: light };
          expect(parsed).toEqual(same);
          // Of a value, quotes and digits are not counted.
          expect(light).toBeLessThanOrEqual(heavy!);
        },
      ),
    );
  });
});

describe('isInitialize (row P4)', () => {
  it.each([
    [initialize, true],
    [[initialize], false],
    [[initialize, ping], false],
    [ping, false],
    [{ jsonrpc: '2.0', method: 'initialize' }, false],
    [{ jsonrpc: '2.0', id: 1, result: {} }, false],
  ])('is for %j %s', (value, is) => expect(isInitialize(read(value))).toBe(is));
});

describe('isProbe (row M10)', () => {
  it.each([
    [probe, true],
    [ping, false],
    [{ jsonrpc: '2.0', method: 'server/discover' }, false],
  ])('is for %j %s', (value, is) => expect(isProbe(read(value))).toBe(is));
});

describe('allowsBatch (row P4)', () => {
  it('takes a batch of 2025-03-26 up to what may be in flight', () => {
    expect(allowsBatch(read([ping, ping]), '2025-03-26', 2)).toBe(true);
    expect(allowsBatch(read([ping, ping]), '2025-03-26', 1)).toBe(false);
  });

  it.each(['2024-11-05', '2025-06-18', '2025-11-25', undefined])('takes none of %s', (revision) =>
    expect(allowsBatch(read([ping]), revision, 2)).toBe(false),
  );

  it('takes none with an initialize in it', () => {
    expect(allowsBatch(read([ping, initialize]), '2025-03-26', 9)).toBe(false);
  });
});
