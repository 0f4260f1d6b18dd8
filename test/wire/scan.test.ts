import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanText, scanValue } from '../../src/wire/scan.ts';

const ANY = Number.MAX_SAFE_INTEGER;
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('scanText', () => {
  it('takes exactly maxDepth nested arrays and not one more', () => {
    expect(scanText(nested(64), 64, ANY)).toEqual(expect.any(Number));
    expect(scanText(nested(65), 64, ANY)).toBe('deep');
  });

  it('counts objects and arrays alike', () => {
    expect(scanText('{"a":[{"b":[]}]}', 4, ANY)).toEqual(expect.any(Number));
    expect(scanText('{"a":[{"b":[]}]}', 3, ANY)).toBe('deep');
  });

  it('counts depth, not brackets: siblings are as deep as one', () => {
    expect(scanText(`[${Array(500).fill('[]').join(',')}]`, 2, ANY)).toEqual(expect.any(Number));
  });

  it('takes exactly maxElements elements and not one more', () => {
    expect(scanText(`[${Array(10).fill('""').join(',')}]`, 9, 10)).toEqual(expect.any(Number));
    expect(scanText(`[${Array(11).fill('""').join(',')}]`, 9, 10)).toBe('large');
  });

  it.each([
    ['an embedding', `[${Array(20_001).fill('-0.25e-3').join(',')}]`],
    ['one with white space', `[${Array(20_001).fill('1').join(' \n\t\r, ')}]`],
    ['several in objects', `{"a":[${Array(99).fill('{"b":[1,2,3,4,5,6]}').join(',')}]}`],
  ])('W16: counts no numbers in arrays: %s', (_, text) => {
    expect(scanText(text, 64, 400)).toEqual(expect.any(Number));
    expect(scanValue(JSON.parse(text), 64, 400)).toBeGreaterThan(100);
  });

  it.each([
    ['arrays of one number', '[1]'],
    ['objects with a number', '{"a":1}'],
    ['texts that end in a digit', '"1"'],
    ['booleans', 'true'],
  ])('W16: counts %s', (_, value) => {
    const text = `[${Array(500).fill(value).join(',')}]`;
    expect(scanText(text, 64, 400)).toBe('large');
    expect(scanValue(JSON.parse(text), 64, 400)).toBe('large');
  });

  it('W16: counts the members of an object, numbers or not', () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [i, i])));
    expect(scanText(text, 64, 400)).toBe('large');
    expect(scanValue(JSON.parse(text), 64, 400)).toBe('large');
  });

  it('looks for nothing inside strings', () => {
    const text = JSON.stringify({ text: '[{,'.repeat(1000) });
    expect(scanText(text, 1, 1)).toEqual(expect.any(Number));
  });

  it.each([
    [String.raw`["\"[[[[", 1]`, 'an escaped quote'],
    [String.raw`["\\", 1]`, 'an escaped backslash before the closing quote'],
    [String.raw`["\\\"[[[[", 1]`, 'both'],
    [String.raw`["\u005b\u007b", 1]`, 'escaped brackets'],
  ])('ends a string where JSON does: %s (%s)', (text) => {
    expect(JSON.parse(text)).toHaveLength(2);
    expect(scanText(text, 1, 2)).toEqual(expect.any(Number));
    expect(scanText(text, 1, 1)).toBe('large');
  });

  it('sees what follows a string that ends in an escaped backslash', () => {
    expect(scanText(String.raw`["\\", [[[]]]]`, 3, ANY)).toBe('deep');
  });

  it.each(['', '"', '"\\', '"\\"', ']]]]', '}{', '\u0000', '"\ud800', '{"a":"'])(
    'comes to an end on %j, which is not JSON',
    (text) => {
      expect(scanText(text, 64, 100)).toEqual(expect.any(Number));
    },
  );

  it('cannot be brought back up by closing what was never opened', () => {
    expect(scanText(`${']'.repeat(1000)}${'['.repeat(2000)}`, 64, ANY)).toBe('deep');
  });

  it('takes time in proportion to the text, quotes and backslashes included', () => {
    const attacks = ['"', '\\', '\\"', '"\\\\', '"\\"'].map(
      (unit) => (n: number) => unit.repeat(n / unit.length),
    );
    for (const attack of attacks) {
      const text = `["${attack(1_000_000)}`;
      const began = performance.now();
      scanText(text, 64, ANY);
      // A quadratic walk takes hours here.
      expect(performance.now() - began).toBeLessThan(5000);
    }
  });
});

describe('scanValue', () => {
  it('takes exactly maxDepth nested values and not one more', () => {
    expect(scanValue(JSON.parse(nested(64)), 64, ANY)).toEqual(expect.any(Number));
    expect(scanValue(JSON.parse(nested(65)), 64, ANY)).toBe('deep');
  });

  it('survives a depth no recursion does', () => {
    let value: unknown = [];
    for (let i = 0; i < 1_000_000; i++) value = [value];
    expect(scanValue(value, 64, ANY)).toBe('deep');
  });

  it('ends on a value that holds itself', () => {
    const value: Record<string, unknown> = {};
    value['self'] = value;
    expect(scanValue(value, 64, ANY)).toBe('deep');
  });

  it.each([[null], [1], ['[[['], [true], [undefined]])('takes the scalar %j', (value) => {
    expect(scanValue(value, 1, 1)).toEqual(expect.any(Number));
  });

  it('agrees with scanText about the same body, parsed and not', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 8 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 30 }),
        (value, maxDepth, maxElements) => {
          const text = scanText(JSON.stringify(value), maxDepth, maxElements);
          const parsed = scanValue(value, maxDepth, maxElements);
          // Where both limits are passed, which one is met first depends on the walk.
          expect(typeof parsed).toBe(typeof text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
