import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { PassThrough } from 'node:stream';
import { createRuntime, type Runtime } from 'mcp-actors';
import { connectInMemory } from 'mcp-actors/memory';
import { legacySse, serve } from 'mcp-actors/node';
import { serveStdio } from 'mcp-actors/stdio';
import { serveWebSocket } from 'mcp-actors/websocket';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import { Fixture } from '../support/fixture.ts';

globalThis.WebSocket ??= WebSocket as never;

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'pipe', version: '1' },
  },
};

/** Something initializes a session of the runtime. */
type Enter = (runtime: Runtime) => Promise<unknown>;

const withClient = async (transport: Transport): Promise<void> => {
  const client = new Client({ name: 'carrier', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(transport);
};

/** An http server that serves the runtime every way it can. */
async function host(runtime: Runtime): Promise<string> {
  const otherwise = legacySse(runtime);
  const { server, port, close } = await serve(runtime, { port: 0, contain: false, otherwise });
  serveWebSocket(runtime, { server });
  onTestFinished(async () => void (await close({ deadlineMs: 1 })));
  return `127.0.0.1:${port}`;
}

const WAYS: readonly [string, Enter][] = [
  [
    'http',
    async (runtime) =>
      withClient(new StreamableHTTPClientTransport(new URL(`http://${await host(runtime)}/mcp`))),
  ],
  [
    'websocket',
    async (runtime) =>
      withClient(new WebSocketClientTransport(new URL(`ws://${await host(runtime)}/mcp`))),
  ],
  [
    'sse',
    async (runtime) =>
      withClient(new SSEClientTransport(new URL(`http://${await host(runtime)}/sse`))),
  ],
  ['memory', (runtime) => withClient(connectInMemory(runtime))],
  [
    'stdio',
    async (runtime) => {
      const [input, output] = [new PassThrough(), new PassThrough()];
      const session = serveStdio(runtime, { input, output });
      onTestFinished(async () => void (await session.close({ deadlineMs: 1 })));
      input.write(`${JSON.stringify(INITIALIZE)}\n`);
    },
  ],
];

it.each(WAYS)('a request says that %s carries it', async (carrier, enter) => {
  const runtime = createRuntime<unknown>({ server: new Fixture().factory });
  onTestFinished(() => runtime.close());
  const carriers: string[] = [];
  runtime.on('request.began', (event) => carriers.push(`began ${event.carrier}`));
  runtime.on('request.settled', (event) => carriers.push(`settled ${event.carrier}`));
  await enter(runtime);
  await eventually(() => carriers.length >= 2);
  expect(carriers).toEqual([`began ${carrier}`, `settled ${carrier}`]);
});
