import { describe, expect, it } from 'vitest';
import { createDigest, randomId } from '../../src/base/ids.ts';

describe('randomId', () => {
  it('is visible ASCII of at least 128 bits, never the same (S1)', () => {
    const ids = Array.from({ length: 10_000 }, randomId);
    for (const id of ids) expect(id).toMatch(/^[a-z2-7]{26}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('uses all of its alphabet in all of its places', () => {
    const seen = Array.from({ length: 26 }, () => new Set<string>());
    for (let i = 0; i < 2000; i++) {
      const id = randomId();
      for (const [place, chars] of seen.entries()) chars.add(id.charAt(place));
    }
    for (const chars of seen) expect(chars.size).toBe(32);
  });
});

describe('createDigest', () => {
  it('gives equal texts equal names, and different ones different names', () => {
    const digest = createDigest();
    const texts = Array.from({ length: 50_000 }, (_, i) => `user-${i}`);
    expect(digest('user-1')).toBe(digest('user-1'));
    expect(new Set(texts.map(digest)).size).toBe(texts.length);
  });

  it('gives names that fit in an event id and say nothing of the text', () => {
    const digest = createDigest();
    for (const text of ['', 'a', 'ü'.repeat(1000), randomId()]) {
      expect(digest(text)).toMatch(/^[0-9a-z]{12}$/);
    }
  });

  it('has a seed of its own in each runtime', () => {
    expect(createDigest()('a')).not.toBe(createDigest()('a'));
  });
});
