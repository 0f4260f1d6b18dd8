/**
 * A process of its own whose sessions are in a folder and never fall silent: each says a word on its
 * GET stream every moment, and so does each call that waits, on its own. No word is said twice. A
 * request to another path has the disk hang from then on.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime, type Session } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';
import { HangingStore } from './hangingStore.ts';

const [folder = '', port = '0'] = process.argv.slice(2);
const EVERY_MS = 200;
const store = new HangingStore(openLmdbStore({ path: folder }));
let words = 0;

function word() {
  const data = `${process.pid} ${++words}`;
  return { method: 'notifications/message' as const, params: { level: 'info' as const, data } };
}

function server(session: Session<{ n: number }>): McpServer {
  const made = new McpServer(
    { name: 'chatty', version: '1.0.0' },
    { ...session.serverOptions, capabilities: { logging: {} } },
  );
  const talking = setInterval(() => {
    const { method, params } = word();
    session.notify(method, params);
  }, EVERY_MS);
  session.own(() => clearInterval(talking));
  made.registerTool('count', {}, async () => {
    const { n } = await session.update((state) => ({ n: state.n + 1 }));
    return { content: [{ type: 'text', text: `${n}` }] };
  });
  made.registerTool('wait', {}, async ({ sendNotification, signal }) => {
    while (!signal.aborted) {
      await sendNotification(word());
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return { content: [] };
  });
  return made;
}

const runtime = createRuntime<{ n: number }>({
  store,
  state: () => ({ n: 0 }),
  server,
  // What waits for the disk that hangs waits until the process is killed.
  storeTimeoutMs: 600_000,
});
const { url } = await serve(runtime, {
  port: Number(port),
  signals: { deadlineMs: 1000 },
  otherwise(_request, response) {
    store.hangs = true;
    response.end();
  },
});
console.log(url);
