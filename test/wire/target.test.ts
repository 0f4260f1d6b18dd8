import { expect, it } from 'vitest';
import { authorityOf, pathOf, queryOf, routeOf } from '../../src/wire/target.ts';

it.each([
  [undefined, '', ''],
  ['/mcp', '/mcp', ''],
  ['/mcp?', '/mcp', ''],
  ['/mcp?a=1?b', '/mcp', 'a=1?b'],
  ['http://a.example:80/mcp?a=1', '/mcp', 'a=1'],
  ['HTTPS://a.example', '/', ''],
  ['http://a.example?a=1', '/', 'a=1'],
  ['*', '*', ''],
])('pathOf and queryOf part %s', (target, path, query) => {
  expect([pathOf(target), queryOf(target)]).toEqual([path, query]);
});

it.each([
  ['/mcp', undefined],
  ['*', undefined],
  ['//evil.example/mcp', undefined],
  ['http://a.example:80/mcp', 'a.example:80'],
  ['http://user@a.example/mcp', 'user@a.example'],
])('W16: authorityOf reads the authority of %s', (target, authority) => {
  expect(authorityOf(target)).toBe(authority);
});

it.each([
  ['/mcp', '/mcp'],
  ['/mcp/', '/mcp'],
  ['/mcp/?a=/', '/mcp'],
  ['/mcp//', '/mcp/'],
  ['/', '/'],
  ['', ''],
])('W16: routeOf takes the slash off the end of %s', (target, route) => {
  expect(routeOf(target)).toBe(route);
});
