/**
 * A process of its own whose sessions are in a store and say what they are told to. A request to
 * another path has the store hang from then on: what is said is heard, and stored nowhere.
 */
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { isRequest, isResponse } from '../../src/wire/jsonrpc.ts';
import { FakeServer } from './fakeServer.ts';
import { HangingStore } from './hangingStore.ts';
import { storeAt } from './storeAt.ts';

const [place = ''] = process.argv.slice(2);
const store = new HangingStore(storeAt(place));

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
