import { createServer } from 'node:http';
import { createRuntime, type Runtime, sessionLocal } from 'mcp-actors';
import { childProcess, upstream } from 'mcp-actors/gateway';
import { createHost } from 'mcp-actors/host';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { logTo } from 'mcp-actors/log';
import { connectInMemory } from 'mcp-actors/memory';
import { instrument } from 'mcp-actors/metrics';
import { serveInspector } from 'mcp-actors/inspector';
import { legacySse, nodeHandler, serve } from 'mcp-actors/node';
import { record } from 'mcp-actors/recorder';
import { doctor, redisStore } from 'mcp-actors/redis';
import { createStatelyBridge } from 'mcp-actors/stately';
import { serveStdio } from 'mcp-actors/stdio';
import { createTestClient, httpDriver, planPaths, sessionModel } from 'mcp-actors/testing';
import { serveWebSocket } from 'mcp-actors/websocket';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeRuntime } from './support/fakeRuntime.ts';
import { FakeServer } from './support/fakeServer.ts';

const runtimes: Runtime[] = [];
afterEach(() => Promise.all(runtimes.splice(0).map((each) => each.close())));

function runtime(): Runtime {
  const made = createRuntime<unknown>({ server: () => new FakeServer() });
  runtimes.push(made);
  return made;
}

/** Each function that takes options, given one that it does not know, and the one that was meant. */
const TAKERS: readonly (readonly [string, string, (misspelt: never) => unknown])[] = [
  [
    'createRuntime',
    'maxSession',
    (o) => createRuntime({ server: () => new FakeServer(), ...(o as object) }),
  ],
  ['serve', 'prt', (o) => serve(runtime(), o)],
  ['nodeHandler', 'contian', (o) => nodeHandler(runtime(), o)],
  ['legacySse', 'messagePath', (o) => legacySse(runtime(), o)],
  [
    'serveWebSocket',
    'pingsMs',
    (o) => serveWebSocket(runtime(), { server: createServer(), ...(o as object) }),
  ],
  ['serveStdio', 'outputs', (o) => serveStdio(runtime(), o)],
  ['connectInMemory', 'header', (o) => connectInMemory(runtime(), o)],
  ['childProcess', 'arg', (o) => childProcess({ command: 'cat', ...(o as object) })],
  ['upstream', 'header', (o) => upstream({ url: 'http://localhost', ...(o as object) })],
  [
    'createHost',
    'maxSession',
    (o) => createHost({ open: () => 1, secret: 's'.repeat(32), ...(o as object) }),
  ],
  ['openLmdbStore', 'exclusiv', (o) => openLmdbStore({ path: '/nowhere', ...(o as object) })],
  ['redisStore', 'prefx', (o) => redisStore({ url: 'redis://h', ...(o as object) })],
  ['doctor', 'timeout', (o) => doctor({ url: 'redis://h', ...(o as object) })],
  ['serveInspector', 'prt', (o) => serveInspector(runtime(), o)],
  ['createStatelyBridge', 'maxActor', (o) => createStatelyBridge(runtime(), o)],
  ['instrument', 'target', (o) => instrument(runtime(), o)],
  ['record', 'maxByte', (o) => record(runtime(), { write: () => {}, ...(o as object) })],
  ['logTo', 'level', (o) => logTo(runtime(), console, o)],
  ['createTestClient', 'header', (o) => createTestClient(runtime(), o)],
  [
    'httpDriver',
    'slows',
    (o) => httpDriver({ url: 'http://localhost', quick: { name: 'a' }, ...(o as object) }),
  ],
  ['a plan', 'covers', (o) => planPaths(sessionModel, o)],
  ['sessionLocal', 'names', (o) => sessionLocal(() => 1, o)],
  ['list', 'limits', (o) => runtime().list(o)],
];

describe('U7: a misspelt option', () => {
  it.each(TAKERS)('of %s is refused with the nearest name: %s', async (where, name, take) => {
    const misspelt = { [name]: 1 } as never;
    const error: unknown = await (async () => take(misspelt))().catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'bad-option' });
    expect(String(error)).toMatch(new RegExp(`${where} knows no "${name}": did you mean \\w+\\?`));
  });

  it('of session.own and session.lazy is refused', async () => {
    const world = new FakeRuntime();
    await world.open();
    const [session] = world.runtime.residents();
    const misspelt = { deadlinesMs: 5 } as never;
    expect(() => session?.own(() => {}, misspelt)).toThrow('did you mean deadlineMs?');
    expect(() => session?.lazy(() => () => {}, misspelt)).toThrow('did you mean deadlineMs?');
  });
});

describe('U6: runtime.on', () => {
  it.each([
    ['*', undefined],
    ['session.crash', 'session.crashed'],
    ['deadLetter', 'deadletter'],
  ])('refuses the name %s, which would never fire', (name, meant) => {
    const hint = meant === undefined ? '' : `: did you mean ${meant}?`;
    expect(() => runtime().on(name as never, () => {})).toThrow(
      `on knows no ${JSON.stringify(name)}${hint}`,
    );
  });
});
