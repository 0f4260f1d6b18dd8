import { EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { type DoorKind, DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { logged } from '../../support/fixture.ts';
import { call, notification, type RawClient, request } from '../../support/rawClient.ts';
import type { Reply } from '../../support/reply.ts';
import { type Rig, startRig } from '../../support/rig.ts';

const ID = 'an-id-the-test-knows-beforehand';
const changed = { method: 'notifications/tools/list_changed' };
const methodsOf = ({ messages }: Reply): unknown[] => messages.map(({ method }) => method);

interface Building {
  readonly rig: Rig;
  readonly client: RawClient;
  readonly opening: Promise<Reply>;
}

/** A session whose factory waits at the gate `build`; its client knows the id already. */
async function startBuilding(
  kind: DoorKind,
  options: Parameters<typeof startRig>[1] = {},
): Promise<Building> {
  const rig = await startRig(kind, { createId: () => ID, ...options });
  const never = new AbortController().signal;
  rig.fixture.onBuild = () => rig.gates.pass('build', never);
  const client = rig.client();
  const opening = client.initialize();
  await rig.gates.reached('build');
  client.sessionId = ID;
  return { rig, client, opening };
}

describe.each(DOORS)('over %s', (kind) => {
  it('L2: before notifications/initialized the server says nothing but ping and logging', async () => {
    const rig = await startRig(kind);
    const client = rig.client();
    await client.initialize();
    const get = await client.get();
    const [server] = rig.fixture.servers;
    await server!.notification(changed);
    void server!.request({ method: 'roots/list' }, EmptyResultSchema).catch(() => {});
    void server!.ping().catch(() => {});
    await server!.notification(logged('early'));
    await get.until(({ messages }) => messages.length >= 2);
    expect(methodsOf(get)).toEqual(['ping', 'notifications/message']);
    await client.ask(notification('notifications/initialized'));
    await get.until(({ messages }) => messages.length >= 4);
    expect(methodsOf(get).slice(2)).toEqual([changed.method, 'roots/list']);
  });

  it('L2: a ping of the client before it has initialized changes nothing', async () => {
    const rig = await startRig(kind);
    const client = rig.client();
    await client.initialize();
    const ping = await client.ask(request(1, 'ping'));
    expect(ping.message).toMatchObject({ id: 1, result: {} });
    const get = await client.get();
    await rig.fixture.servers[0]!.notification(changed);
    await rig.fixture.servers[0]!.notification(logged('early'));
    await get.until(({ messages }) => messages.length > 0);
    expect(methodsOf(get)).toEqual(['notifications/message']);
  });

  it('L2: a client that never sends initialized is served, and hears all from its first request on', async () => {
    const rig = await startRig(kind);
    const client = rig.client();
    await client.initialize();
    await rig.fixture.servers[0]!.notification(changed);
    const reply = await client.ask(call(1, 'echo', { text: 'a' }));
    expect(reply.message).toMatchObject({ id: 1, result: {} });
    const get = await client.get();
    await get.until(({ messages }) => messages.length > 0);
    expect(methodsOf(get)).toEqual([changed.method]);
    await rig.clock.elapse(120_000);
    const still = await client.ask(call(2, 'echo', { text: 'b' }));
    expect(still.status).toBe(200);
  });

  it('L3: what arrives before the initialize answer waits, and is dispatched in order of arrival', async () => {
    const { rig, client, opening } = await startBuilding(kind);
    const texts = ['a', 'b', 'c'];
    const early: Promise<Reply>[] = [];
    for (const [id, text] of texts.entries()) {
      early.push(client.ask(call(id, 'echo', { text })));
      await eventually(() => rig.runtime.stats().inFlight === id + 2);
    }
    const told = await client.ask(notification('notifications/initialized'));
    expect(told.status).toBe(202);
    expect(rig.fixture.finished).toEqual([]);
    rig.gates.open('build');
    expect((await opening).message).toMatchObject({ id: 'init', result: {} });
    const replies = await Promise.all(early);
    for (const [id, reply] of replies.entries()) {
      expect(reply.messages).toMatchObject([{ id, result: { content: [{ text: texts[id] }] } }]);
    }
    expect(rig.fixture.finished).toEqual(texts);
    expect(rig.fixture.builds).toBe(1);
    expect(rig.runtime.stats().highWater.stash).toBe(5);
  });

  it('L3: the stash is bounded; what does not fit is answered, or a dead letter', async () => {
    const { rig, client, opening } = await startBuilding(kind, { maxQueue: 3 });
    // `initialize` waits there as well.
    const early = [1, 2].map((id) => client.ask(call(id, 'echo', { text: `${id}` })));
    await eventually(() => rig.runtime.stats().inFlight === 3);
    const late = await client.ask(call(3, 'echo', { text: '3' }));
    expect(late.message).toMatchObject({ id: 3, error: { code: -32000 } });
    const told = await client.ask(notification('notifications/x'));
    expect(told.status).toBe(202);
    expect(rig.runtime.deadLetters()).toMatchObject([
      { direction: 'in', method: 'notifications/x', reason: 'full' },
    ]);
    rig.gates.open('build');
    await opening;
    const replies = await Promise.all(early);
    expect(replies.map(({ message }) => message.id)).toEqual([1, 2]);
    expect(rig.fixture.finished).toEqual(['1', '2']);
  });

  it('L3: what waited for an initialize that fails is answered', async () => {
    const { rig, client, opening } = await startBuilding(kind);
    const early = client.ask(call(1, 'echo', { text: 'a' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    rig.fixture.onServer = () => {
      throw new Error('no server today');
    };
    rig.gates.open('build');
    expect((await opening).message).toMatchObject({ id: 'init', error: {} });
    expect((await early).message).toMatchObject({ id: 1, error: {} });
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    expect(rig.runtime.stats().inFlight).toBe(0);
  });

  it('L3: a session deleted while it is built answers everybody and is gone', async () => {
    const { rig, client, opening } = await startBuilding(kind);
    const early = client.ask(call(1, 'echo', { text: 'a' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    const reply = await client.delete();
    expect(reply.status).toBe(204);
    expect((await early).message).toMatchObject({ id: 1, error: { code: -32000 } });
    expect((await opening).message).toMatchObject({ id: 'init', error: { code: -32000 } });
    rig.gates.open('build');
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    client.sessionId = ID;
    const after = await client.ask(request(2, 'ping'));
    expect(after.status).toBe(404);
  });

  it('L3: a factory that takes too long is given up at handshakeTimeoutMs, and its callers told', async () => {
    const { rig, client, opening } = await startBuilding(kind);
    const early = client.ask(call(1, 'echo', { text: 'a' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    rig.clock.advance(60_000);
    expect((await opening).message).toMatchObject({ id: 'init', error: { code: -32000 } });
    expect((await early).message).toMatchObject({ id: 1, error: { code: -32000 } });
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    expect(rig.runtime.stats().evicted['handshake-timeout']).toBe(1);
  });
});
