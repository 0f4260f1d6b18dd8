import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServeOptions } from 'mcp-actors/node';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

async function start(options: ServeOptions) {
  const { runtime } = new FakeRuntime();
  const host = await serve(runtime, { port: 0, contain: false, ...options });
  onTestFinished(async () => {
    host.server.closeAllConnections();
    await host.close({ deadlineMs: 1 });
  });
  return { ...host, runtime };
}

/** The status of an answer to a request with these headers. */
async function statusFor(port: number, headers: Record<string, string>): Promise<number> {
  const request = get({ host: '127.0.0.1', port, path: '/mcp', headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

/** The warnings of this process from here on, of one type. */
function warnings(type: string): string[] {
  const texts: string[] = [];
  const onWarning = ({ name, message }: Error): void => {
    if (name === type) texts.push(message);
  };
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  return texts;
}

describe('close', () => {
  it('R8: turns readiness first, and shuts the port when work in flight is done', async () => {
    const world = new FakeRuntime();
    const host = await serve(world.runtime, { port: 0, contain: false, health: true });
    const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${host.port}${path}`);
    const client = await world.open();
    const call = client.request('hold', {}, 'one');
    await eventually(() => world.runtime.stats().inFlight === 1);
    expect((await ask('/readyz')).status).toBe(200);
    const closed = host.close({ deadlineMs: 60_000 });
    expect((await ask('/readyz')).status).toBe(503);
    expect((await ask('/healthz')).status).toBe(200);
    expect(host.server.listening).toBe(true);
    world.server.answer('one');
    expect((await (await call).whole()).message).toMatchObject({ id: 'one', result: {} });
    expect(await closed).toMatchObject({ cut: 0 });
    expect(host.server.listening).toBe(false);
    await expect(ask('/readyz')).rejects.toThrow('fetch failed');
  });
});

describe('serve', () => {
  it('W16: says once which host was refused, and which option lets it in', async () => {
    const { port } = await start({ host: '0.0.0.0' });
    const texts = warnings('CallerForeign');
    const hosts = ['mcp.example.com', 'mcp.example.com', 'a.example;fake', 'x'.repeat(300)];
    for (const host of hosts) expect(await statusFor(port, { host })).toBe(403);
    expect(await statusFor(port, { origin: 'https://app.example.com' })).toBe(403);
    expect(texts).toEqual([
      'a request for host mcp.example.com was refused: allowedHosts does not have it',
      'a request for host that is no name was refused: allowedHosts does not have it',
      'a request from origin https://app.example.com was refused: allowedOrigins does not have it',
    ]);
  });

  it('W16, U4: names the first of a flood of strangers, and so it does while a program listens', async () => {
    const { port, runtime } = await start({});
    const texts = warnings('CallerForeign');
    const heard: string[] = [];
    const stop = runtime.on('caller.foreign', ({ name }) => heard.push(name));
    await statusFor(port, { host: 'one.example' });
    stop();
    for (let i = 0; i < 20; i++) await statusFor(port, { host: `flood-${i}.example` });
    expect([heard, texts.length]).toEqual([['one.example'], 8]);
  });

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
