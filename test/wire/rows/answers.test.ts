import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';

const MODES = ['auto', 'sse', 'json'] as const;

const said = (data: string): string =>
  `{"method":"notifications/message","params":{"level":"info","data":"${data}"},"jsonrpc":"2.0"}`;

describe.each(DOORS)('over %s', (kind) => {
  it('P6: a request that says nothing on the way is answered as JSON, to the byte', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(request('a', 'ping'));
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.text).toBe('{"result":{},"jsonrpc":"2.0","id":"a"}');
  });

  it('P6: one that does is answered as SSE, its answer last, and the stream ends after it', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-06-18' });
    const reply = await client.ask(call(5, 'say', { texts: ['a', 'b'] }));
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('text/event-stream');
    expect(reply.end).toBe('ended');
    const [key] = reply.ids[0]!.split('_');
    expect(reply.text).toBe(
      `: open\n\n` +
        `event: message\nid: ${key}_1_1\ndata: ${said('a')}\n\n` +
        `event: message\nid: ${key}_1_2\ndata: ${said('b')}\n\n` +
        `event: message\nid: ${key}_1_3\ndata: ` +
        `{"result":{"content":[{"type":"text","text":"said"}]},"jsonrpc":"2.0","id":5}\n\n`,
    );
  });

  it('P6: responseMode sse answers everything as SSE, initialize too, the first byte at once', async () => {
    const rig = await startRig(kind, { responseMode: 'sse' });
    const client = rig.client();
    const opening = await client.initialize();
    expect(opening.headers['content-type']).toBe('text/event-stream');
    expect(opening.messages).toHaveLength(1);
    expect(opening.message).toMatchObject({
      id: 'init',
      result: { protocolVersion: client.version },
    });
    const reply = await client.post(call(1, 'slow', { gate: 'g' }));
    expect(reply.isStream).toBe(true);
    await reply.until(({ text }) => text.length > 0);
    expect(reply.messages).toEqual([]);
    rig.gates.open('g');
    await reply.whole();
    expect(reply.messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it('P6: responseMode json answers everything as JSON; what was said goes to the GET stream', async () => {
    const rig = await startRig(kind, { responseMode: 'json' });
    const client = await rig.connect();
    const standing = await client.get();
    const reply = client.ask(call(1, 'say', { texts: ['a', 'b'], gate: 'g' }));
    await rig.gates.reached('g');
    rig.clock.advance(10_000);
    rig.gates.open('g');
    const { headers, messages } = await reply;
    expect(headers['content-type']).toBe('application/json');
    expect(messages).toMatchObject([{ id: 1, result: {} }]);
    await standing.until((stream) => stream.messages.length === 2);
    expect(standing.messages.map(({ params }) => params?.['data'])).toEqual(['a', 'b']);
  });

  it('P6: a call that outlasts sseAfterMs goes on as a stream, at that moment and not before', async () => {
    const rig = await startRig(kind, { sseAfterMs: 700 });
    const client = await rig.connect();
    let isHere = false;
    const reply = client.post(call(1, 'slow', { gate: 'g' })).finally(() => (isHere = true));
    await rig.gates.reached('g');
    await rig.clock.elapse(699);
    expect(isHere).toBe(false);
    expect(rig.runtime.stats().streams).toBe(0);
    rig.clock.advance(1);
    const stream = await reply;
    expect(stream.isStream).toBe(true);
    rig.gates.open('g');
    await stream.whole();
    expect(stream.messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it('P6: a call that is quicker than sseAfterMs leaves no deadline behind', async () => {
    const rig = await startRig(kind, { sseAfterMs: 700 });
    const client = await rig.connect();
    const reply = await client.ask(call(1, 'echo', { text: 'a' }));
    expect(reply.isStream).toBe(false);
    rig.clock.advance(10_000);
    expect(rig.runtime.stats().streams).toBe(0);
  });

  it.each(MODES)('P6: an answer JSON has no words for is an error, in mode %s', async (mode) => {
    const rig = await startRig(kind, { responseMode: mode });
    const client = await rig.connect();
    const reply = await client.ask(call(1, 'unspeakable'));
    expect(reply.messages).toMatchObject([{ id: 1, error: { code: -32603 } }]);
    expect(rig.runtime.stats().inFlight).toBe(0);
    const after = await client.ask(request(2, 'ping'));
    expect(after.message).toMatchObject({ id: 2, result: {} });
  });

  it.each(MODES)(
    'P8: a duplicate in-flight id is 400 -32600 and the first is unharmed, in mode %s',
    async (mode) => {
      const rig = await startRig(kind, { responseMode: mode });
      const client = await rig.connect();
      const first = client.ask(call(7, 'slow', { gate: 'g' }));
      await rig.gates.reached('g');
      const second = await client.ask(call(7, 'echo', { text: 'b' }));
      expect(second.status).toBe(400);
      expect(second.message).toMatchObject({ id: 7, error: { code: -32600 } });
      expect(rig.fixture.finished).toEqual([]);
      rig.gates.open('g');
      const reply = await first;
      expect(reply.messages).toMatchObject([
        { id: 7, result: { content: [{ type: 'text', text: 'passed g' }] } },
      ]);
    },
  );

  it('P8: an id may be used again once it is answered', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    for (const text of ['a', 'b']) {
      const reply = await client.ask(call(7, 'echo', { text }));
      expect(reply.message).toMatchObject({ id: 7, result: { content: [{ text }] } });
    }
  });

  it('P8: number 1 and string "1", 0 and "" and "0" are five ids', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const ids = [1, '1', 0, '', '0'];
    const replies = ids.map((id, i) => client.ask(call(id, 'slow', { gate: `g${i}` })));
    await Promise.all(ids.map((_, i) => rig.gates.reached(`g${i}`)));
    expect(rig.runtime.stats().inFlight).toBe(5);
    // The last first, so that an answer to the wrong one would show.
    for (const i of [4, 3, 2, 1, 0]) {
      rig.gates.open(`g${i}`);
      const reply = await replies[i]!;
      expect(reply.messages).toMatchObject([
        { id: ids[i], result: { content: [{ text: `passed g${i}` }] } },
      ]);
    }
  });

  it('P9: what belongs to a call goes out on its stream, everything else on the GET stream', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const standing = await client.get();
    const [one, two] = await Promise.all([
      client.ask(call(1, 'say', { texts: ['one'] })),
      client.ask(call(2, 'say', { texts: ['two'] })),
    ]);
    const three = await client.ask(call(3, 'log', { text: 'three' }));
    await standing.until(({ messages }) => messages.length > 0);
    const words = [one, two, three, standing].map(({ messages }) =>
      messages.map(({ id, params }) => params?.['data'] ?? id),
    );
    expect(words).toEqual([['one', 1], ['two', 2], [3], ['three']]);
  });

  it('P9: progress carries its own token and travels with its own call', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const tokens = [0, '', 'a', 1];
    const replies = await Promise.all(
      tokens.map((progressToken, id) =>
        client.ask(call(id, 'progress', { count: 3 }, { progressToken })),
      ),
    );
    for (const [i, reply] of replies.entries()) {
      const told = reply.messages.slice(0, -1).map(({ params }) => params);
      const expected = [1, 2, 3].map((progress) => ({
        progressToken: tokens[i],
        progress,
        total: 3,
      }));
      expect(told).toEqual(expected);
      expect(reply.messages.at(-1)).toMatchObject({ id: i, result: {} });
    }
  });

  it('P10: a client that leaves before its answer began has cancelled nothing', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const leaving = new AbortController();
    const lost = client.post(call(1, 'slow', { gate: 'g' }), {}, leaving.signal);
    lost.catch(() => {});
    await rig.gates.reached('g');
    leaving.abort();
    // The runtime has seen more than one turn of the loop since.
    const ping = await client.ask(request(2, 'ping'));
    expect(ping.status).toBe(200);
    expect(rig.gates.aborted).toEqual(new Set());
    expect(rig.runtime.stats().inFlight).toBe(1);
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    expect(rig.fixture.finished).toEqual(['passed g']);
    expect(rig.runtime.deadLetters()).toMatchObject([{ direction: 'out', reason: 'closed' }]);
  });

  it('P10: a client that leaves in mid-stream has cancelled nothing', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    await rig.gates.reached('g');
    reply.leave();
    await eventually(() => rig.runtime.stats().streams === 0);
    expect(rig.gates.aborted).toEqual(new Set());
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    expect(rig.fixture.finished).toEqual(['said']);
  });
});

// What a socket does by itself: node http has nothing to wait for.
describe('over fetch', () => {
  it('P10: a request whose client left is settled for whoever waits for its response', async () => {
    const rig = await startRig('fetch');
    const client = await rig.connect();
    const leaving = new AbortController();
    const lost = client
      .post(call(1, 'slow', { gate: 'g' }), {}, leaving.signal)
      .then(({ status }) => status);
    await rig.gates.reached('g');
    leaving.abort();
    expect(await lost).toBe(499);
    expect(rig.runtime.stats().inFlight).toBe(1);
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    expect(rig.fixture.finished).toEqual(['passed g']);
  });
});
