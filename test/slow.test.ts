import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SLOW } from './slow.ts';

describe('U14: what npm test leaves out', () => {
  it.each(SLOW)('%s is there', (path) => {
    expect(existsSync(path.replace(/\/\*\*$/, ''))).toBe(true);
  });
});
