import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { createRuntime, type Runtime } from 'mcp-actors';
import { connectInMemory } from 'mcp-actors/memory';
import { legacySse } from 'mcp-actors/node';
import { serveStdio } from 'mcp-actors/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { LinePeer } from '../support/linePeer.ts';
import { WebSocketPeer } from '../support/webSocketPeer.ts';
import { startWebSocketRig } from '../support/webSocketRig.ts';
import { WireClient } from '../support/wireClient.ts';

function runtimeOf(): Runtime {
  const runtime = createRuntime<unknown>({ server: () => new FakeServer() });
  onTestFinished(() => runtime.close());
  return runtime;
}

/** Opens one session on a line. */
const LINES: readonly [string, () => Promise<Runtime>][] = [
  [
    'in memory',
    async () => {
      const runtime = runtimeOf();
      await new Client({ name: 'line', version: '1' }).connect(connectInMemory(runtime));
      return runtime;
    },
  ],
  [
    'on stdio',
    async () => {
      const runtime = runtimeOf();
      const [input, output] = [new PassThrough(), new PassThrough()];
      serveStdio(runtime, { input, output });
      new LinePeer(input, output).greet();
      await eventually(() => runtime.residents().length === 1);
      return runtime;
    },
  ],
  [
    'on a WebSocket',
    async () => {
      const { runtime, url } = await startWebSocketRig();
      await WebSocketPeer.connect(url);
      return runtime;
    },
  ],
  [
    'on legacy SSE',
    async () => {
      const runtime = runtimeOf();
      const server = createServer(legacySse(runtime)).listen(0, '127.0.0.1');
      onTestFinished(() => server.close().closeAllConnections());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const headers = { accept: 'text/event-stream' };
      const [stream] = await once(get({ port, path: '/sse', headers }), 'response');
      const [first] = await once(stream.setEncoding('utf8'), 'data');
      const [, path = ''] = /data: (.*)/.exec(first as string) ?? [];
      const params = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: {} };
      await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
      });
      await eventually(() => runtime.residents().length === 1);
      return runtime;
    },
  ],
];

describe.each(LINES)('a session %s', (_, open) => {
  it('has no id on the wire: an HTTP request that names it gets what an unknown id gets', async () => {
    const runtime = await open();
    const [session] = runtime.residents();
    const client = await WireClient.of(runtime);
    client.id = session!.id;
    const stranger = await WireClient.of(runtime);
    stranger.id = 'unknown';
    for (const ask of [
      (each: WireClient) => each.request('tools/list', {}, 1),
      (each: WireClient) => each.notify('notifications/initialized'),
      (each: WireClient) => each.get(),
      (each: WireClient) => each.delete(),
    ]) {
      const [mine, theirs] = [
        await (await ask(client)).whole(),
        await (await ask(stranger)).whole(),
      ];
      expect([mine.status, mine.text]).toEqual([404, theirs.text]);
    }
    expect(runtime.residents()).toHaveLength(1);
    // Fresh, and not an `already-initialized` that would tell that there is such a session.
    expect((await client.initialize()).status).toBe(200);
  });
});
