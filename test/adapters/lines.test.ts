import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDLESS, LineReader, TOO_LONG } from '../../src/base/lineReader.ts';

const MAX_BYTES = 40;

/** Reads text in chunks of the given sizes, over and over. */
function read(text: string, sizes: readonly number[], maxBytes = MAX_BYTES): unknown[] {
  const reader = new LineReader(maxBytes);
  const bytes = Buffer.from(text);
  const lines: unknown[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    lines.push(...reader.take(bytes.subarray(at, at + size)));
    at += size;
  }
  return lines;
}

const lines = fc.array(
  fc.string({ unit: fc.constantFrom('a', '"', 'ß', '✓', '🎉', '\u2028'), maxLength: 30 }),
  { maxLength: 8 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

describe('LineReader', () => {
  it('reads the same lines whatever the chunks', () => {
    const property = fc.property(
      lines,
      sizes,
      fc.constantFrom('\n', '\r\n'),
      (texts, chunks, end) => {
        const expected = texts
          .filter((text) => text !== '')
          .map((text) => {
            const isTooLong = Buffer.byteLength(text + end.slice(0, -1)) > MAX_BYTES;
            return isTooLong ? TOO_LONG : text;
          });
        expect(read(texts.map((text) => text + end).join(''), chunks)).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('says that a line is too long once, as soon as it is, and skips to its end', () => {
    const reader = new LineReader(10);
    const chunk = Buffer.from('x'.repeat(8));
    expect([...reader.take(chunk)]).toEqual([]);
    expect([...reader.take(chunk)]).toEqual([TOO_LONG]);
    for (let i = 0; i < 2; i++) expect([...reader.take(chunk)]).toEqual([]);
    expect([...reader.take(Buffer.from('tail\nnext\n'))]).toEqual(['next']);
  });

  it('says that a line is endless past four times the limit', () => {
    const reader = new LineReader(10);
    const chunk = Buffer.from('x'.repeat(8));
    const said = Array.from({ length: 6 }, () => [...reader.take(chunk)]);
    expect(said).toEqual([[], [TOO_LONG], [], [], [], [ENDLESS]]);
    expect(read('x'.repeat(41), [41], 10)).toEqual([TOO_LONG, ENDLESS]);
    expect(read(`${'x'.repeat(40)}\nnext\n`, [50], 10)).toEqual([TOO_LONG, 'next']);
  });

  it('takes a line of exactly the limit', () => {
    expect(read(`${'x'.repeat(10)}\n${'x'.repeat(11)}\n`, [3], 10)).toEqual([
      'x'.repeat(10),
      TOO_LONG,
    ]);
  });

  it('holds a line of many small chunks in about its bytes', () => {
    const reader = new LineReader(4 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(100, 0x61);
    for (let i = 0; i < 40_000; i++) for (const line of reader.take(chunk)) expect(line).toBe('');
    globalThis.gc?.();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(9 * 1024 * 1024);
    const [line] = [...reader.take(Buffer.from('\n'))];
    expect(line).toHaveLength(4_000_000);
  });

  it('keeps nothing a caller changes afterwards', () => {
    const reader = new LineReader(100);
    const chunk = Buffer.from('abc');
    expect([...reader.take(chunk)]).toEqual([]);
    chunk.fill('x');
    expect([...reader.take(Buffer.from('\n'))]).toEqual(['abc']);
  });
});
