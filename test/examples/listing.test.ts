import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../examples');
const entries = (await readdir(root)).filter((name) => name !== 'README.md');
const files = (await readdir(root, { recursive: true }))
  .filter((name) => name.endsWith('.ts') && !name.startsWith('everything'))
  .map((name) => [name, name === 'quickstart.ts' ? 20 : 40] as const);

describe('examples/README.md', () => {
  it('lists every example once', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const listed = [...text.matchAll(/\]\(\.?\/?([\w-]+(?:\.ts)?)/g)].map(([, name]) => name);
    expect(listed).toHaveLength(entries.length);
    expect(new Set(listed)).toEqual(new Set(entries));
  });
});

describe('an example is one idea', () => {
  it.each(files)('%s has at most %i lines', async (name, most) => {
    const text = await readFile(join(root, name), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(most);
  });
});
