import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SLOW } from './slow.ts';
import { filesBelow } from './support/sources.ts';

/** What a newcomer need not have: whoever imports one of these starts a browser, or a Redis. */
const NEEDS = /from '[./]*(?:[\w/]*\/)?(?:browser|redisServer)\.ts'/;

function isLeftOut(file: string): boolean {
  return SLOW.some((place) =>
    place.endsWith('/**') ? file.startsWith(place.slice(0, -2)) : file === place,
  );
}

describe('U14: what npm test leaves out', () => {
  it.each(SLOW)('%s is there', (path) => {
    expect(existsSync(path.replace(/\/\*\*$/, ''))).toBe(true);
  });

  it('has all that need a browser or a Redis', () => {
    const files = filesBelow('test').filter(
      (file) => file.endsWith('.test.ts') && !file.includes('node_modules'),
    );
    const needy = files.filter((file) => NEEDS.test(readFileSync(file, 'utf8')));
    expect(needy.length).toBeGreaterThan(5);
    expect(needy.filter((file) => !isLeftOut(file))).toEqual([]);
  });
});
