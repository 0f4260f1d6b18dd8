import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { groupOf, owners } from '../../bench/profile/groups.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['src', 'machines'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${room}/${name}`),
);

test('groupOf knows where each source file belongs', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((file) => ['unnamed', 'engine'].includes(groupOf(file, 'f')))).toEqual([]);
});

test('groupOf names no file and no room that is not there', () => {
  const prefixes = owners
    .map(([prefix]) => prefix)
    .filter((each) => /^(src|machines)\//.test(each));
  const gone = prefixes.filter((prefix) => !sources.some((file) => file.startsWith(prefix)));
  expect(gone).toEqual([]);
});

test('groupOf counts what this library brings along among its own', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const strange = Object.keys(dependencies).filter(
    (name) => groupOf(`node_modules/${name}/index.js`, 'f') === 'http',
  );
  expect(strange).toEqual([]);
});

const of = (file: string): string => groupOf(file, 'f');

test('groupOf tells the ways of one call apart', () => {
  expect([
    of('src/adapters/nodePort.ts'),
    of('src/adapters/nodeBody.ts'),
    of('src/session/mailbox.ts'),
    of('src/http/endpoint.ts'),
    of('src/session/session.ts'),
    of('src/base/deadlines.ts'),
    of('src/base/clock.ts'),
    of('src/http/upload.ts'),
    of('src/events/journal.ts'),
    of('src/directory/directory.ts'),
    of('src/adapters/websocket.ts'),
    of('node_modules/@modelcontextprotocol/sdk/dist/esm/server/mcp.js'),
    of('node:internal/streams/writable'),
    of(''),
  ]).toEqual([
    'port',
    'body',
    'mailbox',
    'endpoint',
    'session',
    'deadlines',
    'deadlines',
    'uploads',
    'journal',
    'lookup',
    'doors',
    'sdk',
    'node',
    'engine',
  ]);
});

test('groupOf gives a row of its own to what AsyncLocalStorage does, on each Node.js', () => {
  const found = [
    groupOf('node:async_hooks', 'run'),
    groupOf('node:internal/async_local_storage/async_context_frame', 'run'),
    groupOf('node:internal/async_hooks', 'promiseInitHook'),
    groupOf('node:internal/async_context_frame', 'AsyncContextFrame'),
  ];
  expect(new Set(found)).toEqual(new Set(['context']));
  expect(groupOf('node:internal/async_hooks', 'emitBeforeScript')).toBe('node');
  expect(groupOf('node:internal/async_context_frame', 'current')).toBe('node');
});
