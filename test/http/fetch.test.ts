import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { sendOverSocket } from '../support/door.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { WireClient } from '../support/wireClient.ts';

const ANSWER_BYTES = 1024 * 1024;

async function setUp(limits: object = {}) {
  const answer = { data: 'x'.repeat(ANSWER_BYTES) };
  const world = new FakeRuntime({
    ...limits,
    hook: (message, server) => {
      if (!isRequest(message) || message.method !== 'big') return false;
      server.answer(message.id, answer);
      return true;
    },
  });
  onTestFinished(() => world.runtime.close());
  const client = await world.open();
  return { world, client };
}

/** @param id of the JSON-RPC request */
function ask(
  { id: session }: WireClient,
  id: number,
  accept = 'application/json, text/event-stream',
) {
  return new Request('http://127.0.0.1:3000/mcp', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, 'mcp-session-id': session! },
    body: JSON.stringify({ jsonrpc: '2.0', id, method: 'big' }),
  });
}

describe('runtime.fetch', () => {
  it.each([
    ['plain answers', 'application/json, text/event-stream'],
    ['event streams', 'text/event-stream, application/json'],
  ])('cuts the oldest of %s that its host does not read', async (_, accept) => {
    const { world, client } = await setUp({ maxUnreadBytes: 4 * ANSWER_BYTES });
    const responses = [];
    for (let id = 1; id <= 10; id++)
      responses.push(await world.runtime.fetch(ask(client, id, accept)));
    const results = await Promise.allSettled(responses.map((response) => response.text()));
    const whole = results.filter(({ status }) => status === 'fulfilled').length;
    expect(whole).toBe(3);
    expect(results.at(-1)?.status).toBe('fulfilled');
    expect(world.runtime.stats().limits).toEqual({ maxUnreadBytes: 7 });
  });

  it('drops an answer of which its host takes nothing for unreadTimeoutMs', async () => {
    const { world, client } = await setUp();
    const [left, read] = [1, 2].map(
      async (id) => (await world.runtime.fetch(ask(client, id))).body!,
    );
    const reader = (await read!).getReader();
    await reader.read();
    await world.clock.elapse(29_000);
    await reader.read();
    await world.clock.elapse(1000);
    await expect((await left!).getReader().read()).rejects.toThrow('cut');
    await expect(reader.read()).resolves.toMatchObject({ done: false });
    expect(world.runtime.stats().limits).toEqual({ unreadTimeoutMs: 1 });
  });

  it('declares the length of an answer to its host, so that hono does to its client', async () => {
    const { world, client } = await setUp();
    const listener = getRequestListener((asked) => world.runtime.fetch(asked), {
      overrideGlobalObjects: false,
    });
    const server = createServer((...exchange) => void listener(...exchange));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    for (const method of ['big', 'small']) {
      const headers = Object.fromEntries(ask(client, 1).headers);
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method });
      const reply = await sendOverSocket(port, { method: 'POST', headers, body });
      await reply.whole();
      expect(reply.end).toBe('ended');
      expect(reply.headers['content-length']).toBe(String(reply.text.length));
    }
  });
});
