import { describe, expect, it } from 'vitest';
import { startExample } from '../support/example.ts';
import { callText, connect, sdkV1, sdkV2 } from '../support/sdkClients.ts';

const ACCEPT = 'application/json, text/event-stream';

describe.each(['quickstart.ts', 'hono.ts', 'fastify.ts'])('examples/%s', (example) => {
  it('counts for each client on its own, SDK v1 and v2', async () => {
    const url = await startExample(example);
    const [one, other, later] = [sdkV1(), sdkV1(), sdkV2()];
    for (const client of [one, other, later]) await connect(client, url);

    expect(await callText(one, 'count')).toBe('1');
    expect(await callText(one, 'count')).toBe('2');
    expect(await callText(other, 'count')).toBe('1');
    expect(await callText(later, 'count')).toBe('1');
    expect(await callText(one, 'count')).toBe('3');
  });

  it('serves POST, GET and DELETE of its route', async () => {
    const url = await startExample(example);
    const { sessionId = '' } = await connect(sdkV1(), url);
    const headers = {
      'mcp-session-id': sessionId,
      accept: ACCEPT,
      'content-type': 'application/json',
    };

    const stream = await fetch(url, { headers });
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const first = await stream.body?.getReader().read();
    expect(first?.value?.byteLength).toBeGreaterThan(0);

    // With a content type, though there is no content: so some clients send it.
    const ended = await fetch(url, { method: 'DELETE', headers });
    expect(ended.status).toBe(204);
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const late = await fetch(url, { method: 'POST', headers, body });
    expect(late.status).toBe(404);
    expect(await late.json()).toMatchObject({ id: null, error: { code: -32001 } });
  });
});
