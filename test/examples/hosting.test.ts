import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { once } from 'node:events';
import http2 from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startExample } from '../support/example.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';
import { INITIALIZE } from '../support/send.ts';

type Fetch = (request: Request) => Promise<Response> | Response;

/** Counts by a client whose requests are handed to a function. */
async function countsBy(fetch: Fetch): Promise<unknown[]> {
  const client = sdkV1();
  const url = new URL('http://127.0.0.1:3000/mcp');
  const send = async (to: string | URL, init?: RequestInit) => fetch(new Request(to, init));
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: send }));
  return [await callText(client, 'count'), await callText(client, 'count')];
}

describe('examples/hosting', () => {
  it.each(['express', 'hono', 'fastify', 'koa', 'nest'])('W14: %s.ts counts', async (name) => {
    const url = await startExample(`hosting/${name}.ts`);
    const [alice, bob] = [sdkV1(), sdkV1()];
    await connect(alice, url);
    await connect(bob, url);
    expect(await callText(alice, 'count')).toBe('1');
    expect(await callText(alice, 'count')).toBe('2');
    expect(await callText(bob, 'count')).toBe('1');
  });

  it('W14: http2.ts opens a session', async () => {
    const { origin, pathname } = new URL(await startExample('hosting/http2.ts'));
    const client = http2.connect(origin);
    onTestFinished(() => client.destroy());
    const request = client.request({
      ':method': 'POST',
      ':path': pathname,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    });
    request.end(JSON.stringify({ jsonrpc: '2.0', ...INITIALIZE }));
    const [headers] = (await once(request, 'response')) as [Record<string, unknown>];
    expect([headers[':status'], typeof headers['mcp-session-id']]).toEqual([200, 'string']);
  });

  it('W14: next-route.ts exports the methods of a route, and they count', async () => {
    const { GET, POST, DELETE, OPTIONS } = await import('../../examples/hosting/next-route.ts');
    const route: Readonly<Record<string, Fetch>> = { GET, POST, DELETE, OPTIONS };
    expect(await countsBy((request) => route[request.method]!(request))).toEqual(['1', '2']);
  });

  it('W14: web.ts exports what Bun and Deno serve, and it counts', async () => {
    const { default: web } = await import('../../examples/hosting/web.ts');
    expect(await countsBy((request) => web.fetch(request))).toEqual(['1', '2']);
    expect((await web.fetch(new Request('http://127.0.0.1:3000/'))).status).toBe(404);
  });
});
