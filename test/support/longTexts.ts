import { createHash } from 'node:crypto';

const WORDS = Array.from({ length: 2000 }, (_, i) => `${i} é😀 `).join('');

/** A text of so many characters, no two parts of which are alike. */
export function text(length: number): string {
  let made = '';
  for (let i = 0; made.length < length; i++) made += `${i}: ${WORDS}`;
  return made.slice(0, length).replace(/[\ud800-\udbff]$/, '?');
}

/** What stands for a long text where a test fails. */
export function brief(of: string): string {
  return of.length < 100 ? of : `${of.length} ${createHash('md5').update(of).digest('hex')}`;
}

/** A text as a client receives it. */
export function bytes(of: string): string {
  return Buffer.from(of).toString('latin1');
}
