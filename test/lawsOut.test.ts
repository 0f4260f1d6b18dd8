import { describe, expect, it } from 'vitest';
import { turn } from './support/eventually.ts';
import { FakeRuntime } from './support/fakeRuntime.ts';
import { answerOf } from './support/wireClient.ts';

/** Crashes its session on the method `crash`, as an error in `onmessage` does. */
function crashing(message: object): void {
  if ('method' in message && message.method === 'crash') throw new Error('boom');
}

const ask = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/list' });

describe('law 6: answered once', () => {
  it('law 6: a duplicate id in flight is refused with 400, and the first is unharmed', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const first = client.call('hold', {}, 'same');
    await turn();
    const second = await (await client.request('other', {}, 'same')).whole();
    expect([second.status, second.message.error?.code]).toEqual([400, -32600]);
    world.server.answer('same', { mine: true });
    expect((await first).result).toEqual({ mine: true });
    expect(world.server.methods).not.toContain('other');
  });

  it('law 6: the number 0 and the texts "0" and "" are three ids', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const ids = [0, '0', '', 1, '1'];
    const answers = await Promise.all(ids.map((id) => client.call('tools/list', {}, id)));
    expect(answers.map(({ id }) => id)).toEqual(ids);
  });

  it('law 6: a second answer to the same request is a late dead letter', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await turn();
    world.server.answer(1, { first: true });
    world.server.answer(1, { second: true });
    expect((await call).result).toEqual({ first: true });
    expect(world.runtime.stats().deadLetters.late).toBe(1);
  });

  it('law 6: a cancelled request is settled without an answer, and what comes is late', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.request('hold', {}, 1);
    await client.notify('notifications/cancelled', { requestId: 1 });
    world.server.answer(1);
    const reply = await (await call).whole();
    expect([reply.status, reply.messages]).toEqual([202, []]);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, deadLetters: { late: 1 } });
  });

  it('law 6: an answer that JSON can not carry becomes an error, not silence', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const call = client.call('hold', {}, 1);
    await turn();
    try {
      world.server.answer(1, { big: 1n });
    } catch {
      // Whether its server hears of it or not, the client must.
    }
    expect((await call).error?.code).toBe(-32603);
  });

  it('law 6: every request of a batch has one answer, a refused one among them', async () => {
    const world = new FakeRuntime();
    const client = await world.open(undefined, { version: '2025-03-26' });
    const reply = client.post([ask(1), ask(2), { ...ask(3), method: 'hold' }, ask(3)]);
    await turn();
    world.server.answer(3, { held: true });
    const { messages } = await (await reply).whole();
    expect(messages.map(({ id }) => Number(id)).toSorted((x, y) => x - y)).toEqual([1, 2, 3, 3]);
    expect(messages.filter(({ error }) => error !== undefined)).toHaveLength(1);
  });
});

describe('law 7: out is told, not awaited', () => {
  it('law 7: notifications and the answer leave in the turn and the order they were said', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const reply = client.request('hold', {}, 1);
    await turn();
    const { server } = world;
    server.notify('notifications/message', { n: 1 }, 1);
    server.notify('notifications/message', { n: 2 }, 1);
    server.answer(1, { n: 3 });
    const seen = (await (await reply).whole()).messages;
    expect(seen.map(({ params, result }) => (params ?? result)?.['n'])).toEqual([1, 2, 3]);
    const [out] = world.runtime.residents();
    expect(out?.log.filter(({ direction }) => direction === 'out').map(({ kind }) => kind)).toEqual(
      ['response', 'notification', 'notification', 'response'],
    );
  });

  it('law 7: send never waits for a client that does not read', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const response = await world.runtime.fetch(
      new Request('http://localhost/mcp', {
        headers: { accept: 'text/event-stream', 'mcp-session-id': client.id ?? '' },
      }),
    );
    const sent = world.server.transport?.send({
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
    });
    await expect(sent).resolves.toBeUndefined();
    await response.body?.cancel();
  });
});

describe('law 8: a late word kills nobody', () => {
  it('law 8: notify on an ended session is a counted dead letter and returns false', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const [session] = world.runtime.residents();
    await client.delete();
    await turn();
    expect(session?.notify('notifications/tools/list_changed')).toBe(false);
    expect(world.runtime.stats().deadLetters.closed).toBe(1);
    expect(world.runtime.deadLetters().at(-1)).toMatchObject({
      direction: 'out',
      kind: 'notification',
      method: 'notifications/tools/list_changed',
      reason: 'closed',
      session: session?.key,
    });
  });

  it('law 8: everything a server says after its end is taken, and delivered to nobody', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    void client.request('hold', {}, 1);
    await turn();
    const transport = world.server.transport;
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await closed;
    await transport?.send({ jsonrpc: '2.0', id: 1, result: {} });
    await transport?.send({ jsonrpc: '2.0', id: 9, method: 'roots/list' });
    await transport?.send({ jsonrpc: '2.0', method: 'notifications/message' });
    await transport?.close();
    expect(world.runtime.stats().deadLetters.closed).toBe(3);
    expect(world.runtime.stats().sessions.total).toBe(0);
  });

  it('law 8: close() on an ended session changes nothing, and nothing is announced', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const [session] = world.runtime.residents();
    await client.delete();
    await turn();
    const moves = world.record('session.transition');
    session?.close();
    await turn();
    expect(moves).toEqual([]);
    expect(world.runtime.stats()).toMatchObject({
      sessions: { total: 0 },
      evicted: { terminated: 1 },
    });
  });

  it('law 8: notify of something JSON can not carry returns false and never throws', async () => {
    const world = new FakeRuntime();
    await world.open();
    const [session] = world.runtime.residents();
    expect(session?.notify('notifications/message', { big: 1n })).toBe(false);
    expect(world.runtime.stats().deadLetters.malformed).toBe(1);
  });
});

describe('law 9: epochs', () => {
  it("law 9: an answer to a dead incarnation's question is stale, whatever its id", async () => {
    const world = new FakeRuntime({ onCrash: 'restart', hook: crashing });
    const client = await world.open();
    const get = await client.get();
    world.server.ask(0, 'roots/list');
    const [old] = (await get.until(({ messages }) => messages.length === 1)).messages;
    await client.call('crash');
    await turn();
    world.server.ask(0, 'roots/list');
    const [, fresh] = (await get.until(({ messages }) => messages.length === 2)).messages;
    expect(fresh?.id).not.toBe(old?.id);
    await client.respond(old?.id, { roots: ['forged'] });
    expect(world.server.methods).not.toContain('answer');
    expect(world.runtime.stats().deadLetters.stale).toBe(1);
    await client.respond(fresh?.id, { roots: [] });
    expect(world.server.received.at(-1)).toEqual({ jsonrpc: '2.0', id: 0, result: { roots: [] } });
  });

  it('law 9: an answer of a dead incarnation to a request that was restarted is dropped', async () => {
    const world = new FakeRuntime({ onCrash: 'restart', hook: crashing });
    const client = await world.open();
    const lost = client.call('hold', {}, 'same');
    await turn();
    await client.call('crash');
    expect((await lost).error?.data?.['code']).toBe('session-crashed');
    const again = client.request('hold', {}, 'same');
    await turn();
    world.servers[0]?.answer('same', { from: 'the dead' });
    world.servers[1]?.answer('same', { from: 'the living' });
    expect(answerOf(await (await again).whole()).result).toEqual({ from: 'the living' });
  });
});
