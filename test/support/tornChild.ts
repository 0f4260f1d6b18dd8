/**
 * A process of its own whose sessions count, wait and throw; what waits is let go by a request to
 * another path. With a folder, the sessions are kept there.
 */
import { createRuntime, type Session } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { FakeServer } from './fakeServer.ts';

const [folder, crashDeadlineMs] = process.argv.slice(2);
const waiting: (() => void)[] = [];

async function count(session: Session<{ n: number }>): Promise<number> {
  const { n } = await session.update((state) => ({ n: state.n + 1 }));
  return n;
}

function tear(): never {
  throw new Error('torn');
}

const runtime = createRuntime({
  ...(folder && { store: openLmdbStore({ path: folder }) }),
  state: () => ({ n: 0 }),
  server: (session: Session<{ n: number }>) =>
    new FakeServer((message, server) => {
      if (!isRequest(message)) return false;
      const { id, method } = message;
      if (method === 'hold') waiting.push(() => server.answer(id, { held: true }));
      // One after the other: what is torn goes on to fail.
      if (method === 'throw') for (let i = 0; i < 3; i++) setImmediate(tear);
      if (method !== 'count') return false;
      void count(session).then((n) => server.answer(id, { n }));
      return true;
    }),
});
runtime.on('error.escaped', ({ why, error }) => {
  console.log(`${why}: ${error instanceof Error ? error.message : ''}`);
});
const { url } = await serve(runtime, {
  port: 0,
  health: true,
  ...(crashDeadlineMs && { crashDeadlineMs: Number(crashDeadlineMs) }),
  otherwise(_request, response) {
    for (const go of waiting.splice(0)) go();
    response.end();
  },
});
console.log(url);
