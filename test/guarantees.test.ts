import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Page } from './support/markdown.ts';

const ROOT = new URL('../', import.meta.url);
const guarantees = new Page(ROOT, 'docs/guarantees.md');
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), 'utf8');

/** The sentences of a section on the page, each with the tests below it. */
function proven(heading: string): { lead: string; tests: [path: string, title: string][] }[] {
  const items = guarantees.section(`## ${heading}`).matchAll(/^- (.+)\n((?: {2}- .+\n?)*)/gm);
  return Array.from(items, ([, lead = '', tests = '']) => ({
    lead,
    tests: Array.from(tests.matchAll(/`([^`]+)`: (.+)/g), ([, path, title]) => [path!, title!]),
  }));
}

/** The items of a list elsewhere, as plain text. */
function promised(page: string, heading: string): string[] {
  const items = new Page(ROOT, page).section(`## ${heading}`).matchAll(/^- (.+)$/gm);
  return Array.from(items, ([, text = '']) =>
    text
      .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
      .replaceAll(/\*\*|`(?=signal)|(?<=signal)`/g, ''),
  );
}

describe.each([
  ['What is guaranteed', 'README.md', 'What is guaranteed'],
  ['What is not guaranteed', 'README.md', 'What is not guaranteed'],
  ['What counts as a vulnerability', 'SECURITY.md', 'What counts'],
])('%s', (heading, page, list) => {
  test('has a test for every sentence, in their order, and for no other', () => {
    const leads = proven(heading).map(({ lead }) => lead);
    const sentences = promised(page, list);
    expect(sentences).not.toEqual([]);
    expect(leads).toEqual(
      sentences.map((each, i) => (each.startsWith(leads[i]!) ? leads[i] : each)),
    );
    for (const { tests } of proven(heading)) expect(tests).not.toEqual([]);
  });

  test.each(proven(heading).flatMap(({ tests }) => tests))('%s has the test: %s', (path, title) => {
    expect(read(path).includes(`'${title}'`)).toBe(true);
  });
});
