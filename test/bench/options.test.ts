import { expect, test } from 'vitest';
import { canHost } from '../../bench/contenders/able.ts';
import { contenderNames, hasSessions, kindOf, STATELESS } from '../../bench/contenders/index.ts';
import { enter } from '../../bench/field.ts';
import { readOptions } from '../../bench/options.ts';
import { nodeProgram } from '../runtimes/nodeProgram.ts';

test('readOptions compares everybody where nobody is named, and this library where it looks inside', () => {
  const all = readOptions([]);
  expect(all.figures).toEqual(['calls', 'churn', 'memory']);
  expect(all.contenders).toEqual(expect.arrayContaining(['bare', 'map', 'tmcp', 'actors', 'ws']));
  expect(readOptions(['--only', 'profile']).contenders).toEqual(['actors']);
});

test('readOptions takes contenders and figures from one list', () => {
  const { contenders, figures, areNamed } = readOptions(['--only', 'ws,calls,map']);
  expect([contenders, figures, areNamed]).toEqual([['map', 'ws'], ['calls'], true]);
  expect(() => readOptions(['--only', 'nobody'])).toThrow('got "nobody"');
});

test('canHost tells who has a form of a server', () => {
  const able = contenderNames.filter((name) => canHost(name, 'Server'));
  expect(able).toEqual(expect.arrayContaining(['bare', 'direct', 'map', 'hono', 'actors', 'lmdb']));
  expect(able.filter((name) => ['tmcp', 'map-v2', 'handler', 'modern-v2'].includes(name))).toEqual(
    [],
  );
  expect(contenderNames.filter((name) => !canHost(name, 'McpServer'))).toEqual([]);
});

test('the figure of the stateless revision runs without packages that are not ours', () => {
  expect(STATELESS).toContain('modern');
  expect(STATELESS.filter((name) => kindOf(name).needs !== undefined)).toEqual([]);
  expect(STATELESS.filter(hasSessions)).toEqual([]);
});

test('enter leaves out whoever can not run, and refuses whoever was named and can not', async () => {
  await expect(enter(readOptions(['--only', 'tmcp', '--server', 'Server']))).rejects.toThrow(
    'tmcp can not run: it has no form of the server Server',
  );
  const asked = readOptions(['--only', 'direct,tmcp', '--server', 'Server']);
  using field = await enter({ ...asked, areNamed: false });
  expect(field.contenders).toEqual(['direct']);
  expect([...field.absent.keys()]).toEqual(['tmcp']);
});

test('nodeProgram finds the running Node.js by its major, and a program by its path', () => {
  const [major = ''] = process.versions.node.split('.');
  expect(nodeProgram(major)).toBe(process.execPath);
  expect(nodeProgram(process.execPath)).toBe(process.execPath);
});

test.each(['18', '/nowhere/node', 'lts'])('nodeProgram refuses %s', (which) => {
  expect(() => nodeProgram(which)).toThrow(RangeError);
});
