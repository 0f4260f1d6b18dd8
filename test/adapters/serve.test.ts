import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServeOptions } from 'mcp-actors/node';
import { FakeRuntime } from '../support/fakeRuntime.ts';

async function start(options: ServeOptions) {
  const { runtime } = new FakeRuntime();
  const host = await serve(runtime, { port: 0, contain: false, ...options });
  onTestFinished(async () => {
    host.server.closeAllConnections();
    await host.close({ deadlineMs: 1 });
  });
  return host;
}

describe('serve', () => {
  it.each([
    [{}, 'timeout=75'],
    [{ keepAliveTimeoutMs: 620_000 }, 'timeout=620'],
  ])('W16: with %j it tells clients how long a connection may be idle', async (options, told) => {
    const { url } = await start(options);
    const { headers } = await fetch(url, { method: 'PUT' });
    expect(headers.get('keep-alive')).toBe(told);
  });

  it.each([-1, NaN, '5'])('W16: refuses %j as keepAliveTimeoutMs', async (value) => {
    const options = { keepAliveTimeoutMs: value as number };
    await expect(serve(new FakeRuntime().runtime, options)).rejects.toThrow(
      'keepAliveTimeoutMs must be a number of ms >= 0',
    );
  });

  it('W16: on all addresses, it gives the URL that this machine reaches it at', async () => {
    const { url, port } = await start({ host: '0.0.0.0' });
    expect(url).toBe(`http://127.0.0.1:${port}/mcp`);
    expect((await fetch(url, { method: 'PUT' })).status).toBe(405);
  });
});
