import { expect, it } from 'vitest';
import { pathOf, queryOf } from '../../src/wire/target.ts';

it.each([
  [undefined, '', ''],
  ['/mcp', '/mcp', ''],
  ['/mcp?', '/mcp', ''],
  ['/mcp?a=1?b', '/mcp', 'a=1?b'],
])('pathOf and queryOf part %s', (target, path, query) => {
  expect([pathOf(target), queryOf(target)]).toEqual([path, query]);
});
