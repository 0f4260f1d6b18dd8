import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, cancel, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';

const IDS = [1, 'a', 0, '', '0', -7];

describe.each(DOORS)('over %s', (kind) => {
  it.each(IDS)('C1: cancel of id %j ends its JSON response without an answer', async (id) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const lost = client.ask(call(id, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const reply = await client.ask(cancel(id));
    expect(reply.status).toBe(202);
    const { status, text } = await lost;
    expect([status, text]).toEqual([202, '']);
    await rig.gates.reached('g aborted');
    expect(rig.runtime.stats().inFlight).toBe(0);
    expect(rig.fixture.finished).toEqual([]);
  });

  it.each(IDS)('C1: cancel of id %j ends its stream without an answer', async (id) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const stream = await client.post(call(id, 'say', { texts: ['a'], gate: 'g' }));
    await rig.gates.reached('g');
    await client.ask(cancel(id));
    await stream.whole();
    expect(stream.end).toBe('ended');
    expect(stream.messages.map(({ method }) => method)).toEqual(['notifications/message']);
    await rig.gates.reached('g aborted');
    expect(rig.runtime.stats()).toMatchObject({ inFlight: 0, streams: 0 });
  });

  it.each(['json', 'sse'] as const)(
    'C1: cancel in responseMode %s ends the HTTP response',
    async (responseMode) => {
      const rig = await startRig(kind, { responseMode });
      const client = await rig.connect();
      const lost = client.ask(call(1, 'slow', { gate: 'g' }));
      await rig.gates.reached('g');
      await client.ask(cancel(1));
      const reply = await lost;
      expect(reply.end).toBe('ended');
      expect(reply.messages).toEqual([]);
      await rig.gates.reached('g aborted');
    },
  );

  it('C1: cancel of number 1 leaves string "1" alone, and the other way round', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const [number, string] = [1, '1'].map((id) =>
      client.ask(call(id, 'slow', { gate: typeof id })),
    );
    await Promise.all(['number', 'string'].map((gate) => rig.gates.reached(gate)));
    await client.ask(cancel('1'));
    expect((await string!).status).toBe(202);
    expect(rig.gates.aborted).toEqual(new Set(['string']));
    rig.gates.open('number');
    expect((await number!).message).toMatchObject({ id: 1, result: {} });
  });

  it('C1: cancel of 0 leaves "" and "0" alone', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const ids = [0, '', '0'];
    const asked = ids.map((id, i) => client.ask(call(id, 'slow', { gate: `g${i}` })));
    await Promise.all(ids.map((_, i) => rig.gates.reached(`g${i}`)));
    await client.ask(cancel(0));
    await rig.gates.reached('g0 aborted');
    rig.gates.open('g1');
    rig.gates.open('g2');
    const replies = await Promise.all(asked);
    expect(replies.map(({ status }) => status)).toEqual([202, 200, 200]);
    expect(rig.gates.aborted).toEqual(new Set(['g0']));
  });

  it('C1: cancel of a queued request takes it out of the queue; it never runs', async () => {
    const rig = await startRig(kind, { concurrency: 1 });
    const client = await rig.connect();
    const first = client.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const queued = client.ask(call(2, 'echo', { text: 'queued' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    const third = client.ask(call(3, 'echo', { text: 'third' }));
    await eventually(() => rig.runtime.stats().inFlight === 3);
    await client.ask(cancel(2));
    expect(await queued).toMatchObject({ status: 202, text: '' });
    rig.gates.open('g');
    expect((await first).message).toMatchObject({ id: 1, result: {} });
    expect((await third).message).toMatchObject({ id: 3, result: {} });
    expect(rig.fixture.finished).toEqual(['passed g', 'third']);
  });

  it('C1: the id of a cancelled queued request is free, and it never runs in the place of the next', async () => {
    const rig = await startRig(kind, { concurrency: 1 });
    const client = await rig.connect();
    const first = client.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const queued = client.ask(call(2, 'echo', { text: 'old' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    await client.ask(cancel(2));
    await queued;
    const again = client.ask(call(2, 'echo', { text: 'new' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    rig.gates.open('g');
    await first;
    expect((await again).message).toMatchObject({ id: 2, result: { content: [{ text: 'new' }] } });
    expect(rig.fixture.finished).toEqual(['passed g', 'new']);
  });

  it('C1: cancel of what runs lets the next of the queue run', async () => {
    const rig = await startRig(kind, { concurrency: 1 });
    const client = await rig.connect();
    const lost = client.ask(call(1, 'deaf', { gate: 'g' }));
    await rig.gates.reached('g');
    const queued = client.ask(call(2, 'echo', { text: 'queued' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    await client.ask(cancel(1));
    expect((await lost).status).toBe(202);
    expect((await queued).message).toMatchObject({ id: 2, result: {} });
  });

  it('C1: cancel of a stashed request takes it out of the stash; it never runs', async () => {
    const rig = await startRig(kind, { createId: () => 'known-beforehand' });
    const never = new AbortController().signal;
    rig.fixture.onBuild = () => rig.gates.pass('build', never);
    const client = rig.client();
    const opening = client.initialize();
    await rig.gates.reached('build');
    client.sessionId = 'known-beforehand';
    const lost = client.ask(call(1, 'echo', { text: 'lost' }));
    await eventually(() => rig.runtime.stats().inFlight === 2);
    await client.ask(cancel(1));
    expect(await lost).toMatchObject({ status: 202, text: '' });
    rig.gates.open('build');
    expect((await opening).message).toMatchObject({ result: {} });
    const after = await client.ask(call(2, 'echo', { text: 'after' }));
    expect(after.message).toMatchObject({ id: 2 });
    expect(rig.fixture.finished).toEqual(['after']);
  });

  it('C1: initialize can not be cancelled', async () => {
    const rig = await startRig(kind, { createId: () => 'known-beforehand' });
    const never = new AbortController().signal;
    rig.fixture.onBuild = () => rig.gates.pass('build', never);
    const client = rig.client();
    const opening = client.initialize();
    await rig.gates.reached('build');
    client.sessionId = 'known-beforehand';
    await client.ask(cancel('init'));
    rig.gates.open('build');
    expect((await opening).message).toMatchObject({ id: 'init', result: {} });
    expect(rig.runtime.stats().deadLetters.malformed).toBe(1);
  });

  it.each([1, 'x', null, undefined, {}, 1.5, true])(
    'C1: a cancel of %j, which is not in flight, is 202 and a dead letter',
    async (id) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const done = await client.ask(call(1, 'echo', { text: 'a' }));
      expect(done.status).toBe(200);
      const reply = await client.ask(cancel(id));
      expect(reply.status).toBe(202);
      expect(rig.runtime.deadLetters()).toMatchObject([{ method: 'notifications/cancelled' }]);
      const again = await client.ask(call(1, 'echo', { text: 'b' }));
      expect(again.message).toMatchObject({ id: 1, result: {} });
    },
  );

  it('C1: another session’s cancel of the same id changes nothing', async () => {
    const rig = await startRig(kind);
    const [mine, other] = [await rig.connect(), await rig.connect()];
    const reply = mine.ask(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    await other.ask(cancel(1));
    expect(rig.gates.aborted).toEqual(new Set());
    rig.gates.open('g');
    expect((await reply).message).toMatchObject({ id: 1, result: {} });
  });

  it('C1: the answer of a handler that will not stop goes nowhere, and its id is free at once', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const lost = client.ask(call(1, 'deaf', { gate: 'g' }));
    await rig.gates.reached('g');
    await client.ask(cancel(1));
    expect(await lost).toMatchObject({ status: 202, text: '' });
    const next = client.ask(call(1, 'slow', { gate: 'h' }));
    await rig.gates.reached('h');
    rig.gates.open('g');
    await eventually(() => rig.fixture.finished.length === 1);
    await client.ask(request(2, 'ping'));
    rig.gates.open('h');
    expect((await next).messages).toMatchObject([
      { id: 1, result: { content: [{ text: 'passed h' }] } },
    ]);
    expect(get.messages).toEqual([]);
  });

  it('C1: a cancel in a batch leaves the answers of the others', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const lost = client.ask([call(1, 'slow', { gate: 'g' }), call(2, 'echo', { text: 'a' })]);
    await rig.gates.reached('g');
    await eventually(() => rig.runtime.stats().inFlight === 1);
    await client.ask(cancel(1));
    const reply = await lost;
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toMatchObject([{ id: 2, result: {} }]);
  });
});
