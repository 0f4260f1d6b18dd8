import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ServerLines } from '../../src/gateway/lines.ts';
import { measure } from './memory.ts';
import { seeded } from '../support/seeded.ts';

function collect(maxBytes: number) {
  const found: unknown[] = [];
  const lines = new ServerLines(maxBytes, {
    line: (text) => found.push(text),
    longLine: (head, tail, bytes) => found.push({ head, tail, bytes }),
  });
  return { found, lines };
}

it('ServerLines finds the same lines however the bytes are cut', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).filter((each) => !/[\n\r]/.test(each)));
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  const same = fc.asyncProperty(texts, cuts, fc.boolean(), async (wanted, sizes, isWindows) => {
    const bytes = Buffer.from(wanted.map((each) => each + (isWindows ? '\r\n' : '\n')).join(''));
    const { found, lines } = collect(1e6);
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length]!;
      lines.push(bytes.subarray(at, at + size));
      at += size;
    }
    expect(found).toEqual(wanted.filter((each) => each !== ''));
  });
  return seeded(same, 200);
});

it('ServerLines takes what comes before the end as a line', () => {
  const { found, lines } = collect(100);
  lines.push(Buffer.from('one\ntwo'));
  expect(found).toEqual(['one']);
  lines.end();
  expect(found).toEqual(['one', 'two']);
});

it.each([1, 100, 5000, 100_000])(
  'ServerLines keeps both ends of a line over the limit, in chunks of %i',
  (size) => {
    const { found, lines } = collect(10_000);
    const long = Buffer.from(`{"head"${'x'.repeat(50_000)}"tail"}`);
    const whole = Buffer.concat([Buffer.from('before\n'), long, Buffer.from('\nafter\n')]);
    for (let at = 0; at < whole.length; at += size) lines.push(whole.subarray(at, at + size));
    expect(found).toEqual([
      'before',
      {
        head: long.subarray(0, 1024).toString(),
        tail: long.subarray(-1024).toString(),
        bytes: long.length,
      },
      'after',
    ]);
  },
);

it('ServerLines lets a line of exactly the limit through', () => {
  const { found, lines } = collect(10);
  lines.push(Buffer.from(`${'a'.repeat(10)}\n${'b'.repeat(11)}\n`));
  expect(found).toEqual([
    'a'.repeat(10),
    { head: 'b'.repeat(11), tail: 'b'.repeat(11), bytes: 11 },
  ]);
});

it('ServerLines costs a line of one-byte chunks its bytes, not a buffer for each', async () => {
  const { found, lines } = collect(1e6);
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const holdsNoMore = measure();
  for (let i = 0; i < 5000; i++) lines.push(Buffer.from(chunk).subarray(0, 1));
  expect(await holdsNoMore(8 * 1024 * 1024)).toBe(true);
  lines.push(Buffer.from('\n'));
  expect(found).toEqual(['x'.repeat(5000)]);
});
