import { describe, expect, it } from 'vitest';
import type { RuntimeOptions } from 'mcp-actors';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

/** Messages of every kind and direction, as they were announced. */
async function heard(options: Partial<RuntimeOptions<unknown>>) {
  const world = new FakeRuntime(options);
  const messages = world.record('message');
  const client = await world.open();
  const call = client.request('hold', { secret: 'asked' }, 0);
  await turn();
  const { server } = world;
  const id = server.idOf('hold');
  server.notify('notifications/message', { data: 'told' }, id);
  server.ask(1, 'sampling/createMessage', id);
  const reply = await call;
  await eventually(() => reply.messages.some(({ method }) => method === 'sampling/createMessage'));
  const question = reply.messages.find(({ method }) => method === 'sampling/createMessage');
  await client.respond(question?.id, { secret: 'answered' });
  server.answer(id, { secret: 'result' });
  await reply.whole();
  await world.quiet();
  await client.call('ping', {}, 'p');
  return { messages, world, client };
}

describe('announceContent', () => {
  it('is off: a message event has sizes and no text', async () => {
    const { messages } = await heard({});
    expect(messages.length).toBeGreaterThan(8);
    expect(messages.filter((message) => 'text' in message)).toEqual([]);
    expect(JSON.stringify(messages)).not.toMatch(/asked|told|answered|result/);
  });

  it('is switched on by `true` alone', async () => {
    // What a configuration file may hand over.
    const { messages } = await heard({ announceContent: 'false' as unknown as boolean });
    expect(messages.filter((message) => 'text' in message)).toEqual([]);
  });

  it('gives each message as its client wrote it or reads it', async () => {
    const { messages } = await heard({ announceContent: true });
    const said = messages.map(({ direction, kind, text = '' }) => {
      const { id, method, params, result } = JSON.parse(text) as Record<string, unknown>;
      return [direction, kind, id, method, params ?? result];
    });
    expect(said.slice(2)).toEqual([
      ['in', 'notification', undefined, 'notifications/initialized', undefined],
      ['in', 'request', 0, 'hold', { secret: 'asked' }],
      ['out', 'notification', undefined, 'notifications/message', { data: 'told' }],
      ['out', 'request', expect.anything(), 'sampling/createMessage', undefined],
      ['in', 'response', expect.anything(), undefined, { secret: 'answered' }],
      ['out', 'response', 0, undefined, { secret: 'result' }],
      ['in', 'request', 'p', 'ping', {}],
      ['out', 'response', 'p', undefined, {}],
    ]);
  });

  it('stays out of the log of a session', async () => {
    const { world } = await heard({ announceContent: true });
    const [session] = world.runtime.residents();
    expect(session?.log.length).toBeGreaterThan(8);
    expect(JSON.stringify(session?.log)).not.toMatch(/asked|told|answered|result/);
  });
});
