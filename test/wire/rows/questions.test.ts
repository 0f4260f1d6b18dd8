import { EventEmitter } from 'node:events';
import { ElicitResultSchema, EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, notification, type RawClient, request } from '../../support/rawClient.ts';
import type { Reply, Rpc } from '../../support/reply.ts';
import { startRig } from '../../support/rig.ts';

const isQuestion = ({ method }: Rpc): boolean => method === 'elicitation/create';

/** The question on a stream, once it is there. */
async function questionOn(stream: Reply): Promise<Rpc> {
  await stream.until(({ messages }) => messages.some(isQuestion));
  return stream.messages.find(isQuestion)!;
}

const answer = (id: unknown, word: string): Record<string, unknown> => ({
  jsonrpc: '2.0',
  id,
  result: { action: 'accept', content: { word } },
});

/** Asks a question by a call, on the stream of that call. */
async function elicit(client: RawClient, id: unknown): Promise<[Reply, Rpc]> {
  const stream = await client.post(call(id, 'elicit', { message: `q${String(id)}`, on: 'post' }));
  return [stream, await questionOn(stream)];
}

const textOf = ({ result }: Rpc): unknown =>
  (result as { content: { text: string }[] } | undefined)?.content[0]?.text;

describe.each(DOORS)('over %s', (kind) => {
  it('E1: an answer reaches the question it names, whatever the order of answers', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const asked = await Promise.all([1, 2, 3].map((id) => elicit(client, id)));
    expect(new Set(asked.map(([, question]) => question.id)).size).toBe(3);
    for (const [, { id, params }] of asked.toReversed()) {
      const reply = await client.ask(answer(id, `to ${String(params?.['message'])}`));
      expect([reply.status, reply.text]).toEqual([202, '']);
    }
    for (const [stream, { params }] of asked) {
      await stream.whole();
      const message = String(params?.['message']);
      expect(textOf(stream.messages.at(-1)!)).toBe(`${message}: accept {"word":"to ${message}"}`);
    }
  });

  it('E1: a question that belongs to no call goes out on the GET stream, once', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const asked = client.ask(call(1, 'elicit', { message: 'q', on: 'get' }));
    const question = await questionOn(get);
    await client.ask(answer(question.id, 'a'));
    expect(textOf((await asked).message)).toBe('q: accept {"word":"a"}');
    expect(get.messages).toHaveLength(1);
  });

  it('E1: an answer from another session, of the same principal or not, is not accepted', async () => {
    const rig = await startRig(kind);
    const [ann, bob] = [await rig.connect({ user: 'ann' }), await rig.connect({ user: 'bob' })];
    const second = await rig.connect({ user: 'ann' });
    const [stream, { id }] = await elicit(ann, 1);
    for (const other of [bob, second]) {
      const reply = await other.ask(answer(id, 'forged'));
      expect(reply.status).toBe(202);
    }
    const stolen = await bob.ask(answer(id, 'forged'), { 'mcp-session-id': ann.sessionId });
    expect(stolen.status).toBe(404);
    expect(rig.runtime.stats().deadLetters.unknown).toBe(2);
    await ann.ask(answer(id, 'real'));
    await stream.whole();
    expect(textOf(stream.messages.at(-1)!)).toBe('q1: accept {"word":"real"}');
  });

  it('E1: an answer to an unknown question is a dead letter, with the reason', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const [stream, { id }] = await elicit(client, 1);
    const unknown = [999, -1, 'x', String(id), Number(id) + 1, 2 ** 40];
    for (const other of unknown) {
      const reply = await client.ask(answer(other, 'forged'));
      expect([reply.status, reply.text]).toEqual([202, '']);
    }
    expect(rig.runtime.stats().deadLetters).toMatchObject({ unknown: unknown.length });
    await client.ask(answer(id, 'real'));
    await stream.whole();
    expect(textOf(stream.messages.at(-1)!)).toBe('q1: accept {"word":"real"}');
    await client.ask(answer(id, 'twice'));
    expect(rig.runtime.stats().deadLetters).toMatchObject({ late: 1 });
  });

  it('E1: an error is an answer as well', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const [stream, { id }] = await elicit(client, 1);
    await client.ask({ jsonrpc: '2.0', id, error: { code: -1, message: 'no user here' } });
    await stream.whole();
    expect(textOf(stream.messages.at(-1)!)).toBe('q1: error -1');
  });

  it('E1: an answer to a question of a former incarnation is stale, the new one’s is untouched', async () => {
    const rig = await startRig(kind, { onCrash: 'restart' });
    const owned = new EventEmitter();
    rig.fixture.onServer = (_server, session) => {
      if (session.wakeCount === 0) session.own(Object.assign(owned, { close: () => {} }));
    };
    const client = await rig.connect();
    const [old, { id: oldId }] = await elicit(client, 1);
    owned.emit('error', new Error('crash'));
    await old.whole();
    expect(old.messages.at(-1)).toMatchObject({ id: 1, error: { code: -32603 } });
    await eventually(() => rig.runtime.stats().restarts === 1);
    const [stream, { id }] = await elicit(client, 2);
    expect(id).not.toBe(oldId);
    await client.ask(answer(oldId, 'stale'));
    expect(rig.runtime.stats().deadLetters.stale).toBe(1);
    await client.ask(answer(id, 'fresh'));
    await stream.whole();
    expect(textOf(stream.messages.at(-1)!)).toBe('q2: accept {"word":"fresh"}');
  });

  it('E1: a client’s progress on a question reaches it, and only that of this session', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const told: unknown[] = [];
    const { servers } = rig.fixture;
    const get = await client.get();
    const params = {
      mode: 'form',
      message: 'q',
      requestedSchema: { type: 'object', properties: {} },
    };
    const asked = servers[0]!.request(
      { method: 'elicitation/create', params },
      ElicitResultSchema,
      {
        onprogress: (progress) => void told.push(progress),
      },
    );
    const question = await questionOn(get);
    const meta = question.params?.['_meta'] as { progressToken: unknown };
    expect(meta.progressToken).toBe(question.id);
    const progress = { progressToken: meta.progressToken, progress: 1, total: 2 };
    const other = await rig.connect();
    await other.ask(notification('notifications/progress', { ...progress, progress: 9 }));
    await client.ask(notification('notifications/progress', progress));
    await client.ask(answer(question.id, 'a'));
    expect(await asked).toMatchObject({ action: 'accept' });
    expect(told).toEqual([{ progress: 1, total: 2 }]);
  });

  it('E1: a question is withdrawn under the id its client knows', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const stop = new AbortController();
    const { signal } = stop;
    const asked = rig.fixture.servers[0]!.request({ method: 'ping' }, EmptyResultSchema, {
      signal,
    }).catch(() => 'stopped');
    await get.until(({ messages }) => messages.length === 1);
    stop.abort('enough');
    expect(await asked).toBe('stopped');
    await get.until(({ messages }) => messages.length === 2);
    expect(get.messages[1]).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: get.message.id },
    });
    await client.ask({ jsonrpc: '2.0', id: get.message.id, result: {} });
    expect(rig.runtime.stats().deadLetters.late).toBe(1);
  });

  it('E1: a question on a call’s stream is seen again by a client that resumes it, and answered', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const [stream, { id }] = await elicit(client, 1);
    const before = stream.ids.at(-2);
    stream.leave();
    await eventually(() => rig.runtime.stats().streams === 0);
    const resumed = await client.get({ 'last-event-id': before });
    expect((await questionOn(resumed)).id).toBe(id);
    await client.ask(answer(id, 'a'));
    await resumed.whole();
    expect(textOf(resumed.messages.at(-1)!)).toBe('q1: accept {"word":"a"}');
    const ping = await client.ask(request(9, 'ping'));
    expect(ping.status).toBe(200);
  });
});
