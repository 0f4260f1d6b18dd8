import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, notification, type RawClient, request } from '../../support/rawClient.ts';
import type { Reply } from '../../support/reply.ts';
import { startRig } from '../../support/rig.ts';

/** What a client gets for a session id on each verb: the same request but for the id. */
async function onEveryVerb(client: RawClient, id: string | undefined): Promise<Reply[]> {
  const headers = { 'mcp-session-id': id };
  const replies = [
    await client.ask(call(7, 'echo', { text: 'a' }), headers),
    await client.ask(notification('notifications/x'), headers),
    await client.get(headers),
    await client.delete(headers),
  ];
  return Promise.all(replies.map((reply) => reply.whole()));
}

const bytesOf = ({ status, headers, text }: Reply): unknown => {
  const { date: _date, ...rest } = headers;
  return { status, headers: rest, text };
};

describe.each(DOORS)('over %s', (kind) => {
  it('S1: the server mints the id on the initialize answer, in visible ASCII, 128 bits or more', async () => {
    const rig = await startRig(kind);
    const ids = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const client = rig.client();
      const reply = await client.initialize();
      expect(reply.status).toBe(200);
      expect(client.sessionId).toMatch(/^[!-~]+$/);
      // Base32: five bits a character.
      expect(client.sessionId).toMatch(/^[a-z2-7]{26,}$/);
      ids.add(client.sessionId!);
    }
    expect(ids.size).toBe(50);
  });

  it('S1: no other answer carries a session id', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const replies = [
      await client.ask(request(1, 'ping')),
      await client.ask(call(2, 'say', { texts: ['a'] })),
      await client.ask(notification('notifications/x')),
      await client.ask(client.handshake()),
      await client.get(),
      await client.delete(),
      await client.ask(request(1, 'ping')),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 202, 400, 200, 204, 404]);
    for (const { headers } of replies) expect(headers).not.toHaveProperty('mcp-session-id');
  });

  it.each([
    ['refuses', { protocolVersion: 7 }],
    ['finds malformed', { clientInfo: null }],
  ])('S1: an initialize the server %s names and registers no session', async (_how, params) => {
    const rig = await startRig(kind, { createId: () => 'the-one-and-only-id' });
    const client = rig.client();
    const reply = await client.initialize(params);
    expect(reply.status).toBe(200);
    expect(reply.message).toMatchObject({ id: 'init', error: {} });
    expect(reply.headers).not.toHaveProperty('mcp-session-id');
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    client.sessionId = 'the-one-and-only-id';
    const ping = await client.ask(request(1, 'ping'));
    expect(ping.status).toBe(404);
  });

  it('S1: an initialize whose factory throws names and registers no session', async () => {
    const rig = await startRig(kind);
    rig.fixture.onBuild = () => {
      throw new Error('secret detail');
    };
    const reply = await rig.client().initialize();
    expect(reply.message).toMatchObject({ id: 'init', error: { code: -32603 } });
    expect(reply.text).not.toContain('secret');
    expect(reply.headers).not.toHaveProperty('mcp-session-id');
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    expect(rig.runtime.stats()).toMatchObject({ inFlight: 0, handshakes: 0 });
  });

  it('S2: a missing id on anything but initialize is 400 -32000, nothing minted, nothing built', async () => {
    const rig = await startRig(kind);
    const client = rig.client();
    for (const reply of await onEveryVerb(client, undefined)) {
      expect(reply.status).toBe(400);
      expect(reply.message).toMatchObject({ error: { code: -32000 } });
      expect(reply.headers).not.toHaveProperty('mcp-session-id');
    }
    expect(rig.fixture.builds).toBe(0);
    expect(rig.runtime.stats()).toMatchObject({ spawned: 0, sessions: { total: 0 } });
  });

  it('S3: unknown, ended and foreign ids get the same bytes on every verb', async () => {
    const rig = await startRig(kind);
    const [ann, bob] = [await rig.connect({ user: 'ann' }), await rig.connect({ user: 'bob' })];
    const ended = await rig.connect({ user: 'ann' });
    await ended.delete();
    await eventually(() => rig.runtime.stats().sessions.total === 2);
    const unknown = await onEveryVerb(bob, 'abcdefghijklmnopqrstuvwxyz');
    const foreign = await onEveryVerb(bob, ann.sessionId);
    const foreignEnded = await onEveryVerb(bob, ended.sessionId);
    const odd = await onEveryVerb(bob, '__proto__');
    expect(unknown.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(unknown.map(({ message }) => message.error?.code)).toEqual(Array(4).fill(-32001));
    expect(foreign.map(bytesOf)).toEqual(unknown.map(bytesOf));
    expect(foreignEnded.map(bytesOf)).toEqual(unknown.map(bytesOf));
    expect(odd.map(bytesOf)).toEqual(unknown.map(bytesOf));
    const still = await ann.ask(request(1, 'ping'));
    expect(still.status).toBe(200);
  });

  it('S3: the reason of the end is told to the session’s own principal, and to nobody else', async () => {
    const rig = await startRig(kind);
    const ann = await rig.connect({ user: 'ann' });
    await ann.delete();
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    for (const reply of await onEveryVerb(ann, ann.sessionId)) {
      expect(reply.status).toBe(404);
      expect(reply.message).toMatchObject({
        error: { code: -32001, data: { reason: 'terminated' } },
      });
    }
    const strangers = [rig.client({ user: 'bob' }), rig.client()];
    for (const stranger of strangers) {
      for (const reply of await onEveryVerb(stranger, ann.sessionId)) {
        expect(reply.status).toBe(404);
        expect(reply.text).not.toContain('reason');
        expect(reply.text).not.toContain('terminated');
      }
    }
  });

  it('R7: a lost session is no answer to the request: its 404 has no id', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    await client.delete();
    const reply = await client.ask(request(1, 'ping'));
    expect([reply.status, reply.message.id]).toEqual([404, null]);
  });

  it('S3: an expired session says so to its own principal', async () => {
    const rig = await startRig(kind, { idleTimeoutMs: 10_000, sleep: false });
    const ann = await rig.connect({ user: 'ann' });
    await rig.clock.elapse(60_000);
    const reply = await ann.ask(request(1, 'ping'));
    expect(reply.status).toBe(404);
    expect(reply.message).toMatchObject({ id: null, error: { data: { reason: 'expired' } } });
  });

  it('S4: DELETE is 204, streams end, in-flight calls are answered, then 404', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const stream = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    const plain = client.ask(call(2, 'slow', { gate: 'h' }));
    await rig.gates.reached('h');
    const reply = await client.delete();
    expect([reply.status, reply.text]).toEqual([204, '']);
    await get.whole();
    expect(get.end).toBe('ended');
    const after = await client.ask(request(3, 'ping'));
    expect(after.status).toBe(404);
    const again = await client.delete();
    expect(again.status).toBe(404);
    rig.clock.advance(5000);
    await stream.whole();
    expect(stream.end).toBe('ended');
    expect(stream.messages.at(-1)).toMatchObject({ id: 1, error: { code: -32000 } });
    expect((await plain).message).toMatchObject({ id: 2, error: { code: -32000 } });
    expect(rig.gates.aborted).toEqual(new Set(['g', 'h']));
    await eventually(() => rig.runtime.stats().sessions.total === 0);
  });

  it('S4: work that finishes within closeTimeoutMs of a DELETE gets its own answer', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const plain = client.ask(call(2, 'slow', { gate: 'h' }));
    await rig.gates.reached('h');
    await client.delete();
    rig.gates.open('h');
    expect((await plain).message).toMatchObject({ id: 2, result: {} });
  });

  it('S4: DELETE switched off is 405, Allow does not name it, and the session lives', async () => {
    const rig = await startRig(kind, { allowDelete: false });
    const client = await rig.connect();
    const reply = await client.delete();
    expect(reply.status).toBe(405);
    expect(reply.headers['allow']).toBe('GET, POST');
    const put = await client.send('PUT');
    expect(put.headers['allow']).toBe('GET, POST');
    const after = await client.ask(request(3, 'ping'));
    expect(after.status).toBe(200);
  });

  it('S5: initialize with a stale, unknown or foreign id starts a fresh session with a new id', async () => {
    const rig = await startRig(kind);
    const ann = await rig.connect({ user: 'ann' });
    const stale = await rig.connect({ user: 'bob' });
    await stale.delete();
    for (const named of [stale.sessionId!, 'my-own-choice', ann.sessionId!, '__proto__', '']) {
      const bob = rig.client({ user: 'bob' });
      const reply = await bob.initialize({}, { 'mcp-session-id': named });
      expect(reply.status).toBe(200);
      expect(bob.sessionId).toMatch(/^[a-z2-7]{26}$/);
      expect(bob.sessionId).not.toBe(named);
      const ping = await bob.ask(request(1, 'ping'));
      expect(ping.status).toBe(200);
    }
  });

  it('S6: a second initialize on a live id is 400 -32600 and the session is intact', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const slow = client.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const reply = await client.ask(client.handshake());
    expect(reply.status).toBe(400);
    expect(reply.message).toMatchObject({ id: 'init', error: { code: -32600 } });
    expect(rig.fixture.builds).toBe(1);
    rig.gates.open('g');
    expect((await slow).message).toMatchObject({ id: 1, result: {} });
  });

  it('S7: a session serves its own principal only; a mismatch is S3 and leaves no trace in it', async () => {
    const rig = await startRig(kind);
    const ann = await rig.connect({ user: 'ann' });
    for (const client of [rig.client({ user: 'bob' }), rig.client()]) {
      const replies = await onEveryVerb(client, ann.sessionId);
      expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    }
    expect(rig.fixture.finished).toEqual([]);
    const anonymous = await rig.connect();
    const reply = await rig.client({ user: 'ann' }).ask(request(1, 'ping'), {
      'mcp-session-id': anonymous.sessionId,
    });
    expect(reply.status).toBe(404);
    const still = await ann.ask(request(1, 'ping'));
    expect(still.status).toBe(200);
  });
});
