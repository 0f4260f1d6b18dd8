import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, request } from '../../support/rawClient.ts';
import type { Reply } from '../../support/reply.ts';
import { startRig } from '../../support/rig.ts';

const dataOf = ({ messages }: Reply): unknown[] => messages.map(({ params }) => params?.['data']);

describe.each(DOORS)('over %s', (kind) => {
  it('P11: POST and GET streams send their first byte at once, and headers against buffering', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    const get = await client.get();
    for (const reply of [post, get]) {
      expect(reply.status).toBe(200);
      expect(reply.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      });
      await reply.until(({ text }) => text.length > 0);
    }
  });

  it('P11: every open stream gets a comment frame each keepAliveMs, POST and GET, and no more', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    const get = await client.get();
    await post.until(({ messages }) => messages.length === 1);
    await get.until(({ text }) => text.length > 0);
    const before = [post.text, get.text];
    await rig.clock.elapse(14_999);
    expect([post.text, get.text]).toEqual(before);
    for (const times of [1, 2, 3]) {
      rig.clock.advance(times === 1 ? 1 : 15_000);
      const frames = ': keep-alive\n\n'.repeat(times);
      await post.until(({ text }) => text === before[0] + frames);
      await get.until(({ text }) => text === before[1] + frames);
    }
    rig.gates.open('g');
    await post.whole();
    const end = post.text;
    await rig.clock.elapse(60_000);
    expect(post.text).toBe(end);
  });

  it('P11: a stream whose client left gets no more comments and is no stream any more', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    await get.until(({ text }) => text.length > 0);
    expect(rig.runtime.stats().streams).toBe(1);
    get.leave();
    await eventually(() => rig.runtime.stats().streams === 0);
  });

  it('P12: POST and GET streams of 2025-11-25 begin with an id, retry and empty data', async () => {
    const rig = await startRig(kind, { sseRetryMs: 1234 });
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    const get = await client.get();
    for (const reply of [post, get]) {
      await reply.until(({ frames }) => frames.length > 0);
      expect(reply.text).toMatch(/^id: [!-~]+\nretry: 1234\ndata: \n\n/);
    }
  });

  it.each(['2025-06-18', '2025-03-26', '2024-11-05'])(
    'P12: no stream of %s begins with an event its client would choke on',
    async (version) => {
      const rig = await startRig(kind);
      const client = await rig.connect({ version });
      const post = await client.ask(call(1, 'say', { texts: ['a'] }));
      const get = await client.get();
      await get.until(({ text }) => text.length > 0);
      expect(get.text).toBe(': open\n\n');
      expect(post.frames.map(({ data }) => data === '')).not.toContain(true);
      expect(post.frames[0]).toMatchObject({ comment: 'open', data: undefined, id: undefined });
    },
  );

  it('P12: a handler may close its stream, retry said first, and the answer is there to be resumed', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.ask(call(1, 'hangUp', { gate: 'g' }));
    expect(post.end).toBe('ended');
    expect(post.frames).toHaveLength(1);
    expect(post.frames[0]).toMatchObject({ data: '', retry: 1000 });
    const resumed = await client.get({ 'last-event-id': post.ids[0] });
    rig.gates.open('g');
    await resumed.whole();
    expect(resumed.messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it('P12: closing the stream is not offered to a handler where nothing could be resumed', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-06-18' });
    rig.gates.open('g');
    const post = await client.ask(call(1, 'hangUp', { gate: 'g' }));
    expect(post.messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it.each([undefined, '', 'application/json', 'text/html', 'text/event-stream;q=0'])(
    'G1: GET that accepts %j is 406 and opens nothing',
    async (accept) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.get({ accept });
      await reply.whole();
      expect(reply.status).toBe(406);
      expect(rig.runtime.stats().streams).toBe(0);
    },
  );

  it.each(['text/event-stream', '*/*', 'text/*, application/json'])(
    'G1: GET that accepts %j is a stream',
    async (accept) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.get({ accept });
      expect(reply.status).toBe(200);
      expect(reply.isStream).toBe(true);
      expect(rig.runtime.stats().streams).toBe(1);
    },
  );

  it('G2: no answer goes out on the GET stream, also where its client has left', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    await rig.gates.reached('g');
    post.leave();
    await eventually(() => rig.runtime.stats().streams === 1);
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    await client.ask(call(2, 'log', { text: 'last' }));
    await get.until(({ messages }) => messages.length > 0);
    expect(dataOf(get)).toEqual(['last']);
  });

  it('G2: each message goes out on one stream only', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const posts = await Promise.all(
      ['a', 'b', 'c'].map((text, id) => client.ask(call(id, 'say', { texts: [text] }))),
    );
    await client.ask(call(9, 'log', { text: 'd' }));
    await get.until(({ messages }) => messages.length > 0);
    const everything = [get, ...posts].flatMap(dataOf).filter((data) => data !== undefined);
    expect(everything).toHaveLength(4);
    expect(new Set(everything)).toEqual(new Set(['a', 'b', 'c', 'd']));
    const ids = [get, ...posts].flatMap(({ ids: each }) => each);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('G3: a newer GET takes over, the old one ends, and nothing is sent twice', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const old = await client.get();
    await client.ask(call(1, 'log', { text: 'a' }));
    await old.until(({ messages }) => messages.length === 1);
    const next = await client.get();
    await old.whole();
    expect(next.status).toBe(200);
    expect(old.end).toBe('ended');
    expect(rig.runtime.stats().streams).toBe(1);
    await client.ask(call(2, 'log', { text: 'b' }));
    await next.until(({ messages }) => messages.length > 0);
    expect([dataOf(old), dataOf(next)]).toEqual([['a'], ['b']]);
  });

  it('G3: of many GETs at once the last one is left', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const streams = await Promise.all(Array.from({ length: 10 }, () => client.get()));
    expect(streams.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(rig.runtime.stats().streams).toBe(1);
    await client.ask(call(1, 'log', { text: 'a' }));
    await eventually(() => streams.flatMap(dataOf).length > 0);
    await eventually(() => streams.filter(({ end }) => end === undefined).length === 1);
    expect(streams.flatMap(dataOf)).toEqual(['a']);
  });

  it('G3: what was said while no GET was open is delivered once, to the first that comes', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    await client.ask(call(1, 'log', { text: 'a' }));
    await client.ask(call(2, 'log', { text: 'b' }));
    const first = await client.get();
    await first.until(({ messages }) => messages.length === 2);
    const second = await client.get();
    await client.ask(call(3, 'log', { text: 'c' }));
    await second.until(({ messages }) => messages.length > 0);
    expect([dataOf(first), dataOf(second)]).toEqual([['a', 'b'], ['c']]);
  });

  it('G3: another principal takes nothing over', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ user: 'ann' });
    const get = await client.get();
    const thief = await client.get({ 'x-user': 'bob' });
    expect(thief.status).toBe(404);
    await client.ask(call(1, 'log', { text: 'a' }));
    await get.until(({ messages }) => messages.length === 1);
    expect(get.end).toBeUndefined();
  });

  it('G3: the session goes on when its GET stream is cut', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    get.leave();
    await eventually(() => rig.runtime.stats().streams === 0);
    const ping = await client.ask(request(1, 'ping'));
    expect(ping.status).toBe(200);
  });
});
