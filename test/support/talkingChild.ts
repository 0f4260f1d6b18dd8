/**
 * A process of its own whose sessions are in a folder and say what they are told to. A request to
 * another path has the disk hang from then on: what is said is heard, and stored nowhere.
 */
import { createRuntime } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';
import { isRequest, isResponse } from '../../src/wire/jsonrpc.ts';
import { FakeServer } from './fakeServer.ts';
import { HangingStore } from './hangingStore.ts';

const [folder = ''] = process.argv.slice(2);
const store = new HangingStore(openLmdbStore({ path: folder }));

const runtime = createRuntime({
  store,
  server() {
    let held: string | number | undefined;
    return new FakeServer((message, server) => {
      if (isResponse(message)) return false;
      const { method, params } = message;
      if (method === 'hold' && isRequest(message)) {
        held = message.id;
        return true;
      }
      if (method !== 'say') return false;
      const { texts = [], on } = params as { texts?: readonly string[]; on?: 'call' | 'get' };
      for (const data of texts) {
        server.notify('notifications/message', { data }, on === 'call' ? held : undefined);
      }
      return true;
    });
  },
});
const { url } = await serve(runtime, {
  port: 0,
  otherwise(_request, response) {
    store.hangs = true;
    response.end();
  },
});
console.log(url);
