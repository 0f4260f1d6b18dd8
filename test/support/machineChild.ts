/**
 * A process of its own whose sessions have a light that goes out by itself, stored in a folder, or those
 * of a cluster by the URL of a Redis. Each time it goes out is a line in a file.
 */
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';
import { redisCluster } from 'mcp-actors/redis';
import { assign, fromPromise, setup } from 'xstate';

const [place = '', witness = '', afterMs = '', idleMs = ''] = process.argv.slice(2);
/** Of a cluster that only tests have. */
const secret = 'of a test, for all to see: 32 characters';
const kept = place.startsWith('redis:')
  ? { cluster: redisCluster({ url: place, secret, leaseMs: 1000 }), evictAfterMs: 20_000 }
  : { store: openLmdbStore({ path: place }) };

const light = setup({
  types: {
    context: {} as { changes: number },
    events: {} as { type: 'light.switched' } | { type: 'light.fetched' },
  },
  actors: { fetch: fromPromise(() => new Promise<void>(() => {})) },
  actions: {
    count: assign({ changes: ({ context }) => context.changes + 1 }),
    write: () => appendFileSync(witness, `${process.pid}\n`),
  },
  delays: { while: Number(afterMs) },
}).createMachine({
  id: 'light',
  context: { changes: 0 },
  initial: 'off',
  states: {
    off: { on: { 'light.switched': { target: 'on', actions: 'count' }, 'light.fetched': 'busy' } },
    on: { after: { while: { target: 'off', actions: ['count', 'write'] } } },
    busy: { invoke: { src: 'fetch' }, on: { 'light.switched': 'off' } },
  },
});

const runtime = createRuntime({
  machine: light,
  ...kept,
  quietMs: 20,
  idleTimeoutMs: Number(idleMs),
  server({ actor, serverOptions }) {
    const server = new McpServer({ name: 'light', version: '1' }, serverOptions);
    const said = () => {
      const { context, value } = actor.getSnapshot();
      return { content: [{ type: 'text' as const, text: `${value} ${context.changes}` }] };
    };
    server.registerTool('switch', {}, () => {
      actor.send({ type: 'light.switched' });
      return said();
    });
    server.registerTool('fetch', {}, () => {
      actor.send({ type: 'light.fetched' });
      return said();
    });
    server.registerTool('look', {}, said);
    return server;
  },
});
const { url } = await serve(runtime, {
  port: 0,
  otherwise: (_request, response) => response.end(JSON.stringify(runtime.stats().sessions)),
});
console.log(url);
