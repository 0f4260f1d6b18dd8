import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DOORS } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { call, cancel, request } from '../support/rawClient.ts';
import { startRig } from '../support/rig.ts';

/** What a session transport gets wrong when it is written without a mailbox: one test each. */
describe.each(DOORS)('over %s', (kind) => {
  it('a cancelled request leaves no stream open (C1)', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const stream = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    await rig.gates.reached('g');
    await client.ask(cancel(1));
    await stream.whole();
    expect(stream.end).toBe('ended');
    expect(rig.runtime.stats().streams).toBe(0);
  });

  it('JSON mode plus cancel settles (C1)', async () => {
    const rig = await startRig(kind, { responseMode: 'json' });
    const client = await rig.connect();
    const lost = client.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    await client.ask(cancel(1));
    expect(await lost).toMatchObject({ status: 202, text: '', end: 'ended' });
    expect(rig.runtime.stats().inFlight).toBe(0);
  });

  it('a duplicate in-flight id swaps no answers (P8)', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const first = client.ask(call(5, 'slow', { gate: 'first' }));
    await rig.gates.reached('first');
    const others = await Promise.all(
      ['b', 'c', 'd'].map((text) => client.ask(call(5, 'echo', { text }))),
    );
    expect(others.map(({ status }) => status)).toEqual([400, 400, 400]);
    rig.gates.open('first');
    expect((await first).message).toMatchObject({
      id: 5,
      result: { content: [{ text: 'passed first' }] },
    });
    expect(rig.fixture.finished).toEqual(['passed first']);
  });

  it('id 0 can be cancelled (C1)', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const lost = client.ask(call(0, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    await client.ask(cancel(0));
    expect((await lost).status).toBe(202);
    await rig.gates.reached('g aborted');
  });

  it('a quick cancel does not overtake its request, resumable or not (C2)', async () => {
    const rig = await startRig(kind);
    for (const version of ['2025-11-25', '2025-06-18']) {
      const client = await rig.connect({ version });
      const pairs = Array.from({ length: 20 }, (_, id) => [
        client.ask(call(id, 'say', { texts: ['a'], before: `${version} ${id}` })),
        client.ask(cancel(id)),
      ]);
      const replies = await Promise.all(pairs.flat());
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    }
    expect(rig.runtime.stats().inFlight).toBe(0);
    expect(rig.fixture.finished).toEqual([]);
  });

  it('no progress is lost, however fast it is told and however slowly it is read (P6, P9)', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const count = 5000;
    const stream = await client.post(call(1, 'progress', { count }, { progressToken: 't' }));
    await eventually(() => rig.fixture.finished.length === 1);
    await stream.whole();
    const told = stream.messages.map(({ params, id }) => params?.['progress'] ?? `answer ${id}`);
    expect(told).toEqual([...Array.from({ length: count }, (_, i) => i + 1), 'answer 1']);
  });

  it.each([
    ['POST', 'post'],
    ['GET', 'get'],
  ])(
    'a server request on a dead %s stream gets an error at unreachableAfterMs, not after a minute',
    async (_stream, on) => {
      const rig = await startRig(kind, { unreachableAfterMs: 3000 });
      const client = await rig.connect();
      const get = await client.get();
      const asked = client.post(call(1, 'elicit', { message: 'q', before: 'g', on }));
      await rig.gates.reached('g');
      rig.clock.advance(1000);
      const post = await asked;
      for (const stream of [get, post]) stream.leave();
      await eventually(() => rig.runtime.stats().streams === 0);
      const said: unknown[] = [];
      rig.runtime.on('message', ({ direction, method }) => {
        if (direction === 'out') said.push(method);
      });
      rig.gates.open('g');
      await eventually(() => said.includes('elicitation/create'));
      await rig.clock.elapse(2999);
      expect(rig.fixture.finished).toEqual([]);
      await rig.clock.elapse(1);
      await eventually(() => rig.fixture.finished.length === 1);
      expect(rig.fixture.finished).toEqual(['q: error -32000']);
    },
  );

  it('no other principal is served (S7)', async () => {
    const rig = await startRig(kind);
    const ann = await rig.connect({ user: 'ann' });
    const bob = rig.client({ user: 'bob' });
    bob.sessionId = ann.sessionId;
    const replies = [
      await bob.ask(call(1, 'echo', { text: 'a' })),
      await bob.get(),
      await bob.delete(),
    ];
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(rig.fixture.finished).toEqual([]);
    const still = await ann.ask(request(1, 'ping'));
    expect(still.status).toBe(200);
  });

  it('a re-created server does not accept the answer to the old one’s question (E1)', async () => {
    const rig = await startRig(kind, { onCrash: 'restart' });
    const owned = new EventEmitter();
    rig.fixture.onServer = (_server, session) => {
      if (session.wakeCount === 0) session.own(Object.assign(owned, { close: () => {} }));
    };
    const client = await rig.connect();
    const ask = async (id: number) => {
      const stream = await client.post(call(id, 'elicit', { message: `q${id}` }));
      await stream.until(({ messages }) => messages.length === 1);
      return stream;
    };
    const old = await ask(1);
    owned.emit('error', new Error('crash'));
    await eventually(() => rig.runtime.stats().restarts === 1);
    const next = await ask(2);
    const result = { action: 'decline' };
    await client.ask({ jsonrpc: '2.0', id: old.message.id, result });
    expect(rig.runtime.stats().deadLetters.stale).toBe(1);
    await turn();
    // The old question failed with its server; the new one waits.
    expect(rig.fixture.finished).toEqual(['q1: error -32000']);
    await client.ask({ jsonrpc: '2.0', id: next.message.id, result });
    await eventually(() => rig.fixture.finished.length === 2);
    expect(rig.fixture.finished).toEqual(['q1: error -32000', 'q2: decline null']);
  });

  it('requests for a session that is gone build no server, however many come at once (S3)', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    await client.delete();
    const replies = await Promise.all([1, 2, 3].map((id) => client.ask(request(id, 'ping'))));
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(rig.fixture.builds).toBe(1);
  });

  it('requests that come while a server is re-created share that one server', async () => {
    const rig = await startRig(kind, { onCrash: 'restart' });
    const owned = new EventEmitter();
    rig.fixture.onServer = (_server, session) => {
      if (session.wakeCount === 0) session.own(Object.assign(owned, { close: () => {} }));
    };
    const client = await rig.connect();
    const never = new AbortController().signal;
    rig.fixture.onBuild = () => rig.gates.pass('rebuild', never);
    owned.emit('error', new Error('crash'));
    await rig.gates.reached('rebuild');
    const asked = ['a', 'b', 'c'].map((text, id) => client.ask(call(id, 'echo', { text })));
    await eventually(() => rig.runtime.stats().inFlight === 3);
    rig.gates.open('rebuild');
    const replies = await Promise.all(asked);
    expect(replies.map(({ message }) => message.id)).toEqual([0, 1, 2]);
    expect(rig.fixture.builds).toBe(2);
    expect(rig.fixture.finished).toEqual(['a', 'b', 'c']);
  });

  it('a half-failed connect() does not stay connected', async () => {
    const rig = await startRig(kind);
    const closed: string[] = [];
    rig.fixture.onServer = (server) => {
      const connect = server.connect.bind(server);
      server.connect = async (transport) => {
        await connect(transport);
        throw new Error('half way');
      };
      server.onclose = () => void closed.push('server');
    };
    const client = rig.client();
    const reply = await client.initialize();
    expect(reply.message).toMatchObject({ id: 'init', error: { code: -32603 } });
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    expect(closed).toEqual(['server']);
    expect(rig.fixture.servers[0]?.transport).toBeUndefined();
    expect(rig.runtime.stats()).toMatchObject({ inFlight: 0, handshakes: 0 });
  });

  it('there is a cap: at it the longest idle makes room, and where nobody may, it is 503', async () => {
    const rig = await startRig(kind, { maxSessions: 2, sleep: false });
    const [idle, busy] = [await rig.connect(), await rig.connect()];
    const slow = busy.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const get = await idle.get();
    await rig.clock.elapse(10_000);
    const refused = await rig.client().initialize();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers).not.toHaveProperty('mcp-session-id');
    expect(rig.fixture.builds).toBe(2);
    get.leave();
    // What is left is the stream the long call has become.
    await eventually(() => rig.runtime.stats().streams === 1);
    const taken = await rig.client().initialize();
    expect(taken.status).toBe(200);
    const gone = await idle.ask(request(1, 'ping'));
    expect(gone.message).toMatchObject({ error: { data: { reason: 'capacity' } } });
    rig.gates.open('g');
    expect((await slow).messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it('there is a TTL: an idle session expires, one that works or listens does not', async () => {
    const rig = await startRig(kind, { idleTimeoutMs: 60_000, sleep: false });
    const [idle, working, listening] = [
      await rig.connect(),
      await rig.connect(),
      await rig.connect(),
    ];
    const slow = working.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const get = await listening.get();
    await rig.clock.elapse(600_000);
    expect(rig.runtime.stats()).toMatchObject({ evicted: { expired: 1 }, sessions: { total: 2 } });
    const replies = await Promise.all(
      [idle, working, listening].map((client) => client.ask(request(9, 'ping'))),
    );
    expect(replies.map(({ status }) => status)).toEqual([404, 200, 200]);
    expect(get.end).toBeUndefined();
    rig.gates.open('g');
    expect((await slow).messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it('a second GET is served while the first is half-open (G3)', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    await client.get();
    const second = await client.get();
    expect(second.status).toBe(200);
    await client.ask(call(1, 'log', { text: 'a' }));
    await second.until(({ messages }) => messages.length === 1);
    expect(rig.runtime.stats().streams).toBe(1);
  });

  it('a session whose handshake did not succeed was never registered (S1)', async () => {
    const rig = await startRig(kind, { createId: () => 'known-beforehand' });
    const client = rig.client();
    const reply = await client.initialize({ capabilities: 'none' });
    expect(reply.message).toMatchObject({ id: 'init', error: {} });
    expect(reply.headers).not.toHaveProperty('mcp-session-id');
    await eventually(() => rig.runtime.residents().length === 0);
    expect(rig.runtime.stats()).toMatchObject({ sessions: { total: 0 }, handshakes: 0 });
    client.sessionId = 'known-beforehand';
    const replies = [await client.ask(request(1, 'ping')), await client.get()];
    expect(replies.map(({ status }) => status)).toEqual([404, 404]);
  });
});
