import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import createApp from 'express';
import { createRuntime, type Runtime } from 'mcp-actors';
import { legacySse, nodeHandler } from 'mcp-actors/node';
import { serveWebSocket } from 'mcp-actors/websocket';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { connectInMemory } from 'mcp-actors/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callText } from '../../support/sdkClients.ts';
import { listen } from '../doors/door.ts';
import { WebSocket } from 'ws';

// The transport takes the browser's, which this Node has not.
globalThis.WebSocket ??= WebSocket as never;

/** What the handlers of a session see of the request that called them. */
interface Seen {
  readonly href: string | undefined;
  readonly key: unknown;
}

function runtimeV1(): Runtime {
  return closing(
    createRuntime({
      server(session) {
        const server = new McpServer({ name: 'v1', version: '1' }, session.serverOptions);
        server.registerTool('see', {}, ({ requestInfo }) => {
          const seen = { href: requestInfo?.url?.href, key: requestInfo?.headers['x-key'] };
          return { content: [{ type: 'text', text: JSON.stringify(seen) }] };
        });
        return server;
      },
    }),
  );
}

function runtimeV2(): Runtime {
  return closing(
    createRuntime({
      server(session) {
        const server = new McpServerV2({ name: 'v2', version: '1' }, session.serverOptions);
        server.registerTool('see', {}, ({ http }) => {
          const request = http?.req;
          if (request !== undefined && !(request instanceof Request)) throw new Error('no request');
          const seen = { href: request?.url, key: request?.headers.get('x-key') };
          return { content: [{ type: 'text', text: JSON.stringify(seen) }] };
        });
        return server;
      },
    }),
  );
}

function closing(runtime: Runtime): Runtime {
  onTestFinished(() => runtime.close());
  return runtime;
}

async function see(transport: Transport): Promise<Seen> {
  const client = new Client({ name: 'seer', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return JSON.parse(String(await callText(client, 'see'))) as Seen;
}

const requestInit = { headers: { 'x-key': 'k' } };
const QUERY = '/mcp?tenant=a%20b';

/** Each door, and the URL that its handlers are to see. */
const DOORS: Record<string, (runtime: Runtime) => Promise<[Transport, string]>> = {
  async nodeHandler(runtime) {
    const { origin, stop } = await listen(nodeHandler(runtime));
    onTestFinished(stop);
    const url = new URL(`http://${origin}${QUERY}`);
    return [new StreamableHTTPClientTransport(url, { requestInit }), url.href];
  },
  async 'nodeHandler below a path of express'(runtime) {
    const { origin, stop } = await listen(createApp().use('/mcp', nodeHandler(runtime)));
    onTestFinished(stop);
    const url = new URL(`http://${origin}${QUERY}`);
    return [new StreamableHTTPClientTransport(url, { requestInit }), url.href];
  },
  async fetch(runtime) {
    const url = new URL(`http://localhost${QUERY}`);
    const fetch = (to: string | URL, init?: RequestInit): Promise<Response> =>
      runtime.fetch(new Request(to, init));
    return [new StreamableHTTPClientTransport(url, { requestInit, fetch }), url.href];
  },
  async legacySse(runtime) {
    const { origin, stop } = await listen(legacySse(runtime));
    onTestFinished(stop);
    const transport = new SSEClientTransport(new URL(`http://${origin}/sse`), { requestInit });
    return [transport, `http://${origin}/messages?sessionId=`];
  },
};

describe.each([
  ['requestInfo of v1', runtimeV1],
  ['ctx.http.req of v2', runtimeV2],
])('%s', (_, make) => {
  it.each(Object.entries(DOORS))('W6: has URL and headers by %s', async (_name, open) => {
    const [transport, expected] = await open(make());
    const { href, key } = await see(transport);
    expect(href?.startsWith(expected)).toBe(true);
    expect(key).toBe('k');
  });

  it('W6: has the URL of the upgrade by serveWebSocket', async () => {
    const { server, origin, stop } = await listen();
    onTestFinished(stop);
    const door = serveWebSocket(make(), { server });
    onTestFinished(() => door.close());
    const { href } = await see(new WebSocketClientTransport(new URL(`ws://${origin}${QUERY}`)));
    expect(href).toBe(`http://${origin}${QUERY}`);
  });

  it('W6: has no URL where there is no HTTP', async () => {
    expect((await see(connectInMemory(make()))).href).toBeUndefined();
  });
});
