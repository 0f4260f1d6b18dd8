/**
 * A process of its own in which sessions share a connection that the first of them makes. What
 * comes on it is parsed, and the parser may throw. Says what became of it as a line of JSON.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { outsideSessions } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { FakeRuntime } from './fakeRuntime.ts';

const isOutside = process.argv[2] === 'outside';
const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
await once(echo, 'listening');
const { port } = echo.address() as AddressInfo;

/** As a driver does it: one connection for all, and who asked in the order of asking. */
class Pool {
  readonly #socket: Socket = connect(port, '127.0.0.1');
  readonly #asked: (() => void)[] = [];

  constructor() {
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        if (line === 'poison') throw new Error('the parser');
        this.#asked.shift()?.();
      }
    });
  }

  ask(line: string, answered: () => void): void {
    this.#asked.push(answered);
    this.#socket.write(`${line}\n`);
  }
}

let made: Pool | undefined;
function pool(): Pool {
  made ??= isOutside ? outsideSessions(() => new Pool()) : new Pool();
  return made;
}

const world: FakeRuntime = new FakeRuntime({
  server: () =>
    world.serve((message, server) => {
      if (!isRequest(message) || message.method !== 'ask') return false;
      pool().ask(String(message.params?.['line']), () => server.answer(message.id, { ok: true }));
      return true;
    }),
});
await serve(world.runtime, { port: 0, contain: 'all' });
const [alice, bob] = [await world.open('alice'), await world.open('bob')];
const keys = new Map(world.runtime.residents().map(({ key, principal }) => [key, principal]));
const crashed = world.record('session.crashed');
const escaped = new Promise<{ why: string; session: string | undefined }>((resolve) => {
  world.runtime.on('error.escaped', ({ why, session }) => {
    resolve({ why, session: keys.get(session ?? '') });
  });
});
await alice.call('ask', { line: 'hello' });
void bob.call('ask', { line: 'poison' });
const said = await Promise.race([
  escaped,
  new Promise((resolve) => world.runtime.on('session.crashed', resolve)),
]);
const answer = world.runtime.isReady ? await alice.call('tools/list') : undefined;
console.log(JSON.stringify({ said, crashes: crashed.length, alice: answer?.result !== undefined }));
process.exit();
