import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { Page } from '../support/markdown.ts';

const ROOT = new URL('../../', import.meta.url);
let packed: Set<string>;

beforeAll(() => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const text = execFileSync('npm', args, { cwd: fileURLToPath(ROOT), encoding: 'utf8' });
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }];
  packed = new Set(files.map(({ path }) => path));
});

describe('U21: the package', () => {
  it('has all that its pages link to: they can be read where there is no network', () => {
    const pages = [...packed].filter((path) => path.endsWith('.md'));
    const dead = pages.flatMap((path) =>
      new Page(ROOT, path).links
        .map((link) => link.split('#')[0] ?? '')
        .filter((link) => link !== '')
        .map((link) => new URL(link, new URL(path, ROOT)).href.replace(ROOT.href, ''))
        .filter(
          (file) => !packed.has(file) && ![...packed].some((each) => each.startsWith(`${file}/`)),
        )
        .map((file) => `${path}: ${file}`),
    );
    expect(pages.length).toBeGreaterThan(25);
    expect(dead).toEqual([]);
  });

  it('has the pictures of the README', () => {
    for (const theme of ['light', 'dark']) {
      expect(packed).toContain(`docs/images/inspector-${theme}.png`);
    }
  });

  it('has no test and no tool of ours', () => {
    const others = [...packed].filter((path) => /^(?:test|bench|src|\.ci)\//.test(path));
    expect(others).toEqual([]);
  });
});
