import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Page } from '../support/markdown.ts';
import { type Packed, packInto } from './packInto.ts';

const MIB = 2 ** 20;
const place = mkdtempSync(join(tmpdir(), 'mcp-actors-packed-'));
let packed: Packed;

beforeAll(() => {
  packed = packInto(place);
});

afterAll(() => rmSync(place, { recursive: true }));

const read = (path: string): string => readFileSync(join(packed.folder, path), 'utf8');

describe('U21: the package', () => {
  it('has all that its pages link to and show: they can be read where there is no network', () => {
    const root = pathToFileURL(`${packed.folder}/`);
    const pages = [...packed.files].filter((path) => path.endsWith('.md'));
    const dead = pages.flatMap((path) =>
      new Page(root, path).links
        .map((link) => link.split('#')[0] ?? '')
        .filter((link) => link !== '')
        .map((link) => new URL(link, new URL(path, root)).href.replace(root.href, ''))
        .filter(
          (file) =>
            !packed.files.has(file) &&
            ![...packed.files].some((each) => each.startsWith(`${file}/`)),
        )
        .map((file) => `${path}: ${file}`),
    );
    expect(pages.length).toBeGreaterThan(25);
    expect(dead).toEqual([]);
  });

  it('has the pictures of the README', () => {
    const { links } = new Page(pathToFileURL(`${packed.folder}/`), 'README.md');
    for (const theme of ['light', 'dark']) {
      expect(links).toContain(`docs/images/inspector-${theme}.png`);
      expect(packed.files).toContain(`docs/images/inspector-${theme}.png`);
    }
  });

  it('has every file that its entries and its command name', () => {
    const { bin, exports } = JSON.parse(read('package.json')) as {
      bin: Readonly<Record<string, string>>;
      exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };
    const named = [...Object.values(bin), ...Object.values(exports)].flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !packed.files.has(path.replace('./', '')))).toEqual([]);
  });

  it('has a source map for each of its programs, with the source in it', () => {
    // What the inspector serves is text that was made of other files.
    const programs = [...packed.files].filter((path) =>
      /^dist\/(?!.*\/assets\/).*\.js$/.test(path),
    );
    const unmapped = programs.filter((path) => {
      const [, map = ''] = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(read(path)) ?? [];
      const file = `${path.slice(0, path.lastIndexOf('/'))}/${map}`;
      if (!packed.files.has(file)) return true;
      const { sources, sourcesContent } = JSON.parse(read(file)) as {
        sources: readonly string[];
        sourcesContent?: readonly (string | null)[];
      };
      const source = read(join(file, '..', sources[0] ?? ''));
      return sources.length !== 1 || sourcesContent?.[0] !== source;
    });
    expect(programs.length).toBeGreaterThan(100);
    expect(unmapped).toEqual([]);
  });

  it('has no test and no tool of ours', () => {
    const others = [...packed.files].filter((path) =>
      /^(?:test|bench|src|machines|\.ci|\.github|\.changeset)\//.test(path),
    );
    expect(others).toEqual([]);
  });

  it('needs three packages, and is no bigger than it may be', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
    expect(Object.keys(dependencies)).toEqual(['eventemitter3', 'ws', 'xstate']);
    expect(packed.size).toBeLessThan(3 * MIB);
    expect(packed.unpackedSize).toBeLessThan(9 * MIB);
  });
});
