import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader, type LongLine } from '../../src/base/lineReader.ts';
import { measure } from '../gateway/memory.ts';

const MAX_BYTES = 40;
const LONG = 'too long';

/** Lines as they are, a long one as soon as it is. */
function heard(lines: Iterable<string | LongLine>): string[] {
  const found: string[] = [];
  for (const line of lines) {
    if (typeof line === 'string') found.push(line);
    else if (line.isNew) found.push(LONG);
  }
  return found;
}

function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Reads text in chunks of the given sizes, over and over. */
function read(text: string, sizes: readonly number[], maxBytes = MAX_BYTES): string[] {
  const reader = new LineReader(maxBytes);
  return chunksOf(Buffer.from(text), sizes).flatMap((chunk) => heard(reader.take(chunk)));
}

const lines = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '"', 'ß', '✓', '🎉', '\u2028'), maxLength: 30 }),
    fc.string({ unit: 'grapheme' }).filter((text) => !/[\n\r]/.test(text)),
  ),
  { maxLength: 8 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

describe('LineReader', () => {
  it('leaves out a byte order mark before the first line, and no other (row W10)', () => {
    for (const size of [1, 2, 100]) {
      expect(read('\uFEFFa\nb\uFEFF\n\uFEFFc\n', [size])).toEqual(['a', 'b\uFEFF', '\uFEFFc']);
    }
  });

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
            return isTooLong ? LONG : text;
          });
        expect(read(texts.map((text) => text + end).join(''), chunks)).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('takes what comes before the end as a line', () => {
    const reader = new LineReader(100);
    expect([...reader.take(Buffer.from('one\ntwo'))]).toEqual(['one']);
    expect([...reader.end()]).toEqual(['two']);
    expect([...reader.end()]).toEqual([]);
  });

  it('takes a line of exactly the limit', () => {
    expect(read(`${'x'.repeat(10)}\n${'x'.repeat(11)}\n`, [3], 10)).toEqual(['x'.repeat(10), LONG]);
  });

  it('says that a line is too long as soon as it is, and with each chunk it goes on in', () => {
    const reader = new LineReader(10);
    const said = (text: string): unknown[] =>
      Array.from(reader.take(Buffer.from(text)), (line) =>
        typeof line === 'string' ? line : [line.bytes, line.isNew, line.isOver],
      );
    expect(said('x'.repeat(8))).toEqual([]);
    expect(said('x'.repeat(8))).toEqual([[16, true, false]]);
    expect(said('x'.repeat(8))).toEqual([[24, false, false]]);
    expect(said('tail\nnext\n')).toEqual([[28, false, true], 'next']);
    expect(said(`${'x'.repeat(11)}\n`)).toEqual([[11, true, true]]);
  });

  it.each([1, 100, 5000, 100_000])('keeps both ends of a long line, in chunks of %i', (size) => {
    const reader = new LineReader(10_000);
    const long = Buffer.from(`{"head"${'x'.repeat(50_000)}"tail"}`);
    const whole = Buffer.concat([Buffer.from('before\n'), long, Buffer.from('\nafter\n')]);
    const found: (string | LongLine)[] = [];
    for (const chunk of chunksOf(whole, [size])) {
      for (const line of reader.take(chunk)) {
        if (typeof line === 'string' || line.isOver) found.push(line);
      }
    }
    expect(found).toEqual([
      'before',
      expect.objectContaining({ head: long.subarray(0, 1024).toString(), bytes: long.length }),
      'after',
    ]);
    expect((found[1] as LongLine).tail).toBe(long.subarray(-1024).toString());
  });

  it('keeps all of a long line that is shorter than its ends', () => {
    const found = [...new LineReader(10).take(Buffer.from(`${'a'.repeat(10)}b\n`))] as LongLine[];
    expect(found.map(({ head, tail }) => [head, tail])).toEqual([['aaaaaaaaaab', 'aaaaaaaaaab']]);
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

  it('keeps nothing of the chunks a line came in', async () => {
    const reader = new LineReader(1e6);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const holdsNoMore = measure();
    for (let i = 0; i < 5000; i++) {
      expect([...reader.take(Buffer.from(chunk).subarray(0, 1))]).toEqual([]);
    }
    expect(await holdsNoMore(8 * 1024 * 1024)).toBe(true);
    expect([...reader.end()]).toEqual(['x'.repeat(5000)]);
  });

  it('keeps nothing a caller changes afterwards', () => {
    const reader = new LineReader(100);
    const chunk = Buffer.from('abc');
    expect([...reader.take(chunk)]).toEqual([]);
    chunk.fill('x');
    expect([...reader.take(Buffer.from('\n'))]).toEqual(['abc']);
  });
});
