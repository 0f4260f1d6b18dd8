import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followQuickstart } from './followQuickstart.ts';
import { type Packed, packInto } from './packInto.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'mcp-actors-quickstart-'));
let packed: Packed;

beforeAll(() => {
  packed = packInto(place);
});

afterAll(() => rmSync(place, { recursive: true }));

/** The packed package, and links to what `npm install` would fetch: there may be no network. */
function layOut(packages: readonly string[]): string {
  const { dependencies } = JSON.parse(
    readFileSync(join(packed.folder, 'package.json'), 'utf8'),
  ) as { dependencies: Readonly<Record<string, string>> };
  const links = [...packages.filter((name) => name !== 'mcp-actors'), ...Object.keys(dependencies)];
  return [
    'mkdir -p node_modules/mcp-actors node_modules/@modelcontextprotocol',
    `tar -xzf ${packed.tarball} -C node_modules/mcp-actors --strip-components=1`,
    ...links.map((name) => `ln -s ${MODULES}/${name} node_modules/${name}`),
  ].join('\n');
}

describe('docs/quickstart.md', () => {
  it('does what it says, from an empty folder to a session that survives kill -9', async () => {
    const folder = join(place, 'reader');
    mkdirSync(folder);
    const said = await followQuickstart({ folder, install: layOut });
    const counts = said.filter((line) => /^\d+$/.test(line)).map(Number);
    expect(counts.length).toBeGreaterThanOrEqual(5);
    // One session, over two processes: no call is counted twice, and none is forgotten.
    expect(counts).toEqual(counts.map((_, i) => i + 1));
    expect(said).toContain('fetch failed');
  });
});
