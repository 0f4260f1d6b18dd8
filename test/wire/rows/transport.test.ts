import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import type { Reply } from '../../support/reply.ts';
import { call, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';

const corsOf = ({ headers }: Reply): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe.each(DOORS)('over %s', (kind) => {
  describe.each([false, true])('with cors %s', (cors) => {
    it.each([
      ['origin', 'http://evil.example'],
      ['origin', 'null'],
      ['host', 'evil.example'],
    ])(
      'T1: a foreign %s is 403 on every verb, no CORS headers, nothing built',
      async (name, value) => {
        const rig = await startRig(kind, { cors });
        const client = await rig.connect();
        const { builds } = rig.fixture;
        // Whatever is foreign, the other one is ours.
        const headers = { origin: 'http://localhost', [name]: value };
        const replies = [
          await client.ask(client.handshake(), { ...headers, 'mcp-session-id': undefined }),
          await client.ask(call(1, 'echo', { text: 'a' }), headers),
          await client.get(headers),
          await client.delete(headers),
          await client.send('OPTIONS', { ...headers, 'access-control-request-method': 'POST' }),
          await client.send('PUT', headers),
        ];
        for (const reply of replies) {
          await reply.whole();
          expect(reply.status).toBe(403);
          expect(corsOf(reply)).toEqual([]);
          expect(reply.message).toMatchObject({ id: null, error: { code: -32000 } });
          expect(reply.text).not.toContain('evil');
        }
        expect(rig.fixture.builds).toBe(builds);
        expect(rig.runtime.stats()).toMatchObject({ streams: 0, sessions: { total: 1 } });
      },
    );
  });

  it('T1: a foreign origin is 403 on a WebSocket upgrade', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.get({
      origin: 'http://evil.example',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    expect(reply.status).toBe(403);
  });

  it('T1: a page of our own host is served, without CORS headers where cors is off', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(request(1, 'ping'), { origin: 'http://localhost:5173' });
    expect(reply.status).toBe(200);
    expect(corsOf(reply)).toEqual([]);
  });

  // The fetch API can not even express TRACE.
  const methods = ['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND'];
  it.each(kind === 'fetch' ? methods : [...methods, 'TRACE'])(
    'T2: %s is 405 with Allow and opens nothing',
    async (method) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.send(method, { accept: 'text/event-stream' });
      await reply.whole();
      expect(reply.status).toBe(405);
      expect(reply.headers['allow']).toBe('GET, POST, DELETE');
      expect(corsOf(reply)).toEqual([]);
      expect(rig.runtime.stats().streams).toBe(0);
    },
  );

  it('T2: OPTIONS of a page we allow is a preflight where cors is on', async () => {
    const rig = await startRig(kind, { cors: true, allowedOrigins: ['https://app.example'] });
    const reply = await rig.client().send('OPTIONS', {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
    });
    await reply.whole();
    expect(reply.status).toBe(204);
    expect(reply.text).toBe('');
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, POST, DELETE',
      vary: 'Origin',
    });
    const names = reply.headers['access-control-allow-headers']?.toLowerCase().split(', ');
    expect(names).toEqual(
      expect.arrayContaining([
        'content-type',
        'authorization',
        'mcp-session-id',
        'mcp-protocol-version',
        'last-event-id',
      ]),
    );
  });

  it('W15: pages may send and read the headers that cors names, with credentials', async () => {
    const rig = await startRig(kind, {
      cors: { headers: ['X-API-Key'], expose: ['X-Request-Id'], maxAge: 7, credentials: true },
      allowedOrigins: ['https://app.example'],
    });
    const origin = 'https://app.example';
    const preflight = await rig.client().send('OPTIONS', {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-api-key',
    });
    await preflight.whole();
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Content-Type.*X-API-Key/);
    expect(preflight.headers).toMatchObject({
      'access-control-max-age': '7',
      'access-control-allow-credentials': 'true',
    });
    const reply = await rig.client().initialize({}, { origin });
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Mcp-Session-Id, X-Request-Id',
    });
  });

  it('W5: an extension whose origin is listed is served, another one is not', async () => {
    const rig = await startRig(kind, { allowedOrigins: ['chrome-extension://abc'] });
    const asked = async (origin: string) => (await rig.client().initialize({}, { origin })).status;
    expect(await asked('chrome-extension://abc')).toBe(200);
    expect(await asked('chrome-extension://def')).toBe(403);
  });

  it('T2: OPTIONS without an origin is no preflight, cors or not', async () => {
    const rig = await startRig(kind, { cors: true });
    const reply = await rig.client().send('OPTIONS');
    expect(reply.status).toBe(405);
  });

  it('T2: a page we allow can read the session id, refusals and streams where cors is on', async () => {
    const rig = await startRig(kind, { cors: true });
    const client = rig.client();
    const origin = 'http://localhost:5173';
    const replies = [
      await client.initialize({}, { origin }),
      await client.get({ origin }),
      await client.ask('nonsense', { origin }),
    ];
    for (const reply of replies) {
      expect(reply.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'Mcp-Session-Id',
        vary: 'Origin',
      });
    }
  });

  it('T2: who is no page gets no CORS headers where cors is on', async () => {
    const rig = await startRig(kind, { cors: true });
    const reply = await rig.client().initialize();
    expect(reply.status).toBe(200);
    expect(corsOf(reply)).toEqual([]);
  });
});
