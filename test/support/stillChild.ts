/**
 * A process of its own, at the defaults: its loop may be told to stand still, and its store to be
 * slower than every deadline.
 */
import { createRuntime, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { DurableMemory } from './durableMemory.ts';
import { FakeServer } from './fakeServer.ts';

const isStored = process.argv[2] === 'stored';
let storeTakesMs = 0;

class SlowDisk extends DurableMemory {
  override async write(changes: Parameters<DurableMemory['write']>[0]): Promise<void> {
    const copy = structuredClone(changes);
    await new Promise((resolve) => setTimeout(resolve, storeTakesMs));
    await super.write(copy);
  }
}

const slow = {
  store: new SlowDisk(),
  storeTimeoutMs: 200,
  keepAliveMs: 100,
  closeTimeoutMs: 200,
  sseAfterMs: 50,
  handshakeTimeoutMs: 2000,
  writeBehindMs: 10,
};

const runtime = createRuntime({
  ...(isStored && slow),
  state: () => ({ n: 0 }),
  server: (session: Session<{ n: number }>) =>
    new FakeServer((message, server) => {
      if (!isRequest(message)) return false;
      const { id, method } = message;
      if (method === 'slow down') storeTakesMs = 1000;
      // The answer follows when the loop moves again, on a stream by then.
      if (method === 'later') setTimeout(() => server.answer(id, { late: true }), 1500);
      if (method === 'still') {
        server.answer(id, { still: true });
        setImmediate(() => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);
        });
      }
      if (method !== 'count') return method === 'later' || method === 'still';
      const answer = ({ n }: { n: number }): void => server.answer(id, { n });
      session.update(({ n }) => ({ n: n + 1 })).then(answer, () => server.fail(id));
      return true;
    }),
});
const { url } = await serve(runtime, { port: 0 });
console.log(url);
