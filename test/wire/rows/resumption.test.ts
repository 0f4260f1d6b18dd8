import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, cancel, request } from '../../support/rawClient.ts';
import type { Reply } from '../../support/reply.ts';
import { type Rig, startRig } from '../../support/rig.ts';
import type { SseFrame } from '../../support/sseFrames.ts';

const wordsOf = ({ messages }: Reply): unknown[] =>
  messages.map(({ id, params }) => params?.['data'] ?? id);

/** What names the stream in an event id. */
const streamOf = (id: string): string => id.slice(0, id.lastIndexOf('_'));

const eventsOf = ({ frames }: Reply): SseFrame[] => frames.filter(({ data }) => data !== '');

const streams = (rig: Rig, count: number): Promise<void> =>
  eventually(() => rig.runtime.stats().streams === count);

describe.each(DOORS)('over %s', (kind) => {
  it('R1: event ids are unique in the session, visible ASCII, and say nothing of the session id', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const posts: Reply[] = [];
    for (const id of [1, 2, 3])
      posts.push(await client.ask(call(id, 'say', { texts: ['a', 'b'] })));
    await client.ask(call(4, 'log', { text: 'c' }));
    await get.until(({ messages }) => messages.length === 1);
    const ids = [get, ...posts].flatMap((reply) => reply.ids);
    // Three POST streams of a priming event and three messages, and one of each on the GET stream.
    expect(ids).toHaveLength(14);
    expect(new Set(ids).size).toBe(14);
    for (const id of ids) {
      expect(id).toMatch(/^[!-~]+$/);
      expect(id).not.toContain(client.sessionId);
    }
  });

  it('R1: the events of one stream share what names it, and no other stream has it', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const [one, two] = await Promise.all([
      client.ask(call(1, 'say', { texts: ['a', 'b'] })),
      client.ask(call(2, 'say', { texts: ['c'] })),
    ]);
    const [ofOne, ofTwo] = [one, two].map(({ ids }) => new Set(ids.map(streamOf)));
    expect([ofOne?.size, ofTwo?.size]).toEqual([1, 1]);
    expect(ofOne).not.toEqual(ofTwo);
  });

  it('R2: a stream cut in the middle is resumed with exactly what was missed, once', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a', 'b'], gate: 'g' }));
    await post.until(({ messages }) => messages.length === 2);
    const last = post.ids.at(-2);
    post.leave();
    await streams(rig, 0);
    // Another stream of the same session says its own things meanwhile.
    const other = await client.ask(call(2, 'say', { texts: ['other'] }));
    expect(wordsOf(other)).toEqual(['other', 2]);
    await client.ask(call(3, 'log', { text: 'standing' }));
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    const resumed = await client.get({ 'last-event-id': last });
    await resumed.whole();
    expect(resumed.end).toBe('ended');
    expect(wordsOf(resumed)).toEqual(['b', 1]);
  });

  it('R2: a stream resumed before its call is over goes on where it was, and ends with the answer', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'late' }));
    await post.until(({ messages }) => messages.length === 1);
    post.leave();
    await streams(rig, 0);
    const resumed = await client.get({ 'last-event-id': post.ids.at(-1) });
    await streams(rig, 1);
    rig.gates.open('late');
    await resumed.whole();
    expect(wordsOf(resumed)).toEqual([1]);
  });

  it('R2: from the priming event everything is replayed, ids as they were', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.ask(call(1, 'say', { texts: ['a', 'b'] }));
    const resumed = await client.get({ 'last-event-id': post.ids[0] });
    await resumed.whole();
    expect(eventsOf(resumed)).toEqual(eventsOf(post));
  });

  it('R2: from the last event of a finished stream there is nothing: the client need not come back', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.ask(call(1, 'say', { texts: ['a'] }));
    const resumed = await client.get({ 'last-event-id': post.ids.at(-1) });
    await resumed.whole();
    expect([resumed.status, resumed.text]).toEqual([204, '']);
  });

  it('R2: a call that was upgraded by time alone can be resumed', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const asked = client.post(call(1, 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    rig.clock.advance(1000);
    const post = await asked;
    await post.until(({ ids }) => ids.length === 1);
    post.leave();
    await streams(rig, 0);
    rig.gates.open('g');
    await eventually(() => rig.runtime.stats().inFlight === 0);
    const resumed = await client.get({ 'last-event-id': post.ids[0] });
    await resumed.whole();
    expect(resumed.messages).toMatchObject([{ id: 1, result: {} }]);
  });

  it('R2: the GET stream is resumed with what was missed, once, and goes on', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    await client.ask(call(1, 'log', { text: 'a' }));
    await client.ask(call(2, 'log', { text: 'b' }));
    await get.until(({ messages }) => messages.length === 2);
    get.leave();
    await streams(rig, 0);
    await client.ask(call(3, 'log', { text: 'c' }));
    // The client has read `a` only, whatever was written to its socket.
    const resumed = await client.get({ 'last-event-id': get.ids[1] });
    await client.ask(call(4, 'log', { text: 'd' }));
    await resumed.until(({ messages }) => messages.length >= 3);
    expect(wordsOf(resumed)).toEqual(['b', 'c', 'd']);
    const anew = await client.get();
    await client.ask(call(5, 'log', { text: 'e' }));
    await anew.until(({ messages }) => messages.length > 0);
    expect(wordsOf(anew)).toEqual(['e']);
  });

  it('R2: resuming a stream that is still open takes it over, nothing is sent twice', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    await post.until(({ messages }) => messages.length === 1);
    const resumed = await client.get({ 'last-event-id': post.ids.at(-1) });
    await post.whole();
    rig.gates.open('g');
    await resumed.whole();
    expect([wordsOf(post), wordsOf(resumed)]).toEqual([['a'], [1]]);
  });

  it('R2: resuming a POST stream leaves the GET stream alone', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const get = await client.get();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    await post.until(({ messages }) => messages.length === 1);
    post.leave();
    const resumed = await client.get({ 'last-event-id': post.ids.at(-1) });
    await client.ask(call(2, 'log', { text: 'b' }));
    await get.until(({ messages }) => messages.length === 1);
    rig.gates.open('g');
    await resumed.whole();
    expect([wordsOf(get), wordsOf(resumed)]).toEqual([['b'], [1]]);
    expect(get.end).toBeUndefined();
  });

  it('R2: the event id of another session of the same principal is 400 and no data', async () => {
    const rig = await startRig(kind);
    const [mine, other] = [await rig.connect({ user: 'ann' }), await rig.connect({ user: 'ann' })];
    const secret = await other.ask(call(1, 'say', { texts: ['secret'] }));
    const own = await mine.ask(call(1, 'say', { texts: ['mine'] }));
    expect(own.ids).toHaveLength(secret.ids.length);
    for (const id of secret.ids) {
      const reply = await mine.get({ 'last-event-id': id });
      await reply.whole();
      expect(reply.status).toBe(400);
      expect(reply.message).toMatchObject({ id: null, error: { code: -32000 } });
      expect(reply.text).not.toContain('secret');
    }
    expect(rig.runtime.stats().streams).toBe(0);
  });

  it('R2: another principal resumes nothing, however right the event id', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ user: 'ann' });
    const post = await client.ask(call(1, 'say', { texts: ['secret'] }));
    const reply = await client.get({ 'last-event-id': post.ids[0], 'x-user': 'bob' });
    await reply.whole();
    expect(reply.status).toBe(404);
    expect(reply.text).not.toContain('secret');
  });

  it('R2: unknown and malformed event ids are 400, no data, and open no stream', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.ask(call(1, 'say', { texts: ['a'] }));
    const [stream] = /^.*_/.exec(post.ids[0]!)!;
    const [key] = post.ids[0]!.split('_');
    const bad = [
      'nonsense',
      '0',
      `${stream}999`,
      `${stream}-1`,
      `${stream}1.5`,
      `${key}_77_0`,
      `${key}_0_99`,
      `${post.ids[0]}, ${post.ids[1]}`,
      '__proto___0_0',
    ];
    for (const id of bad) {
      const reply = await client.get({ 'last-event-id': id });
      await reply.whole();
      expect([id, reply.status]).toEqual([id, 400]);
      expect(reply.message).toMatchObject({ id: null, error: { code: -32000 } });
    }
    expect(rig.runtime.stats().streams).toBe(0);
  });

  it('R2: a cancelled call is not resumed: 204, so that its client does not come again', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.post(call(1, 'say', { texts: ['a'], gate: 'g' }));
    await post.until(({ messages }) => messages.length === 1);
    await client.ask(cancel(1));
    await post.whole();
    const reply = await client.get({ 'last-event-id': post.ids[0] });
    await reply.whole();
    // To an event source 204 means: do not come back.
    expect([reply.status, reply.text]).toEqual([204, '']);
    expect(rig.runtime.stats().streams).toBe(0);
  });

  it('R2: a resumption cut at any event is resumed from there without a loss', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const post = await client.ask(call(1, 'say', { texts: ['a', 'b', 'c'] }));
    const resumed = await client.get({ 'last-event-id': post.ids[1] });
    await resumed.whole();
    expect(wordsOf(resumed)).toEqual(['b', 'c', 1]);
    for (const [i, { id }] of resumed.frames.entries()) {
      const again = await client.get({ 'last-event-id': id });
      await again.whole();
      const seen = resumed.frames.slice(0, i + 1).filter(({ data }) => data !== '').length;
      expect(wordsOf(again)).toEqual(['b', 'c', 1].slice(seen));
    }
  });

  it('R2: a GET stream cut right after it was primed loses nothing that waited for it', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    for (const [id, text] of ['a', 'b'].entries()) await client.ask(call(id, 'log', { text }));
    const get = await client.get();
    await get.until(({ messages }) => messages.length === 2);
    const [primed] = get.ids;
    const resumed = await client.get({ 'last-event-id': primed });
    await resumed.until(({ messages }) => messages.length === 2);
    expect(wordsOf(resumed)).toEqual(['a', 'b']);
  });

  it.each([
    ['count', { maxReplayEvents: 3 }],
    ['bytes', { maxReplayBytes: 400 }],
  ])(
    'R2: what is past the bound on %s is refused, never resumed with a gap',
    async (_what, bound) => {
      const rig = await startRig(kind, bound);
      const client = await rig.connect();
      const post = await client.ask(call(1, 'say', { texts: ['a', 'b', 'c', 'd', 'e'] }));
      const gap = await client.get({ 'last-event-id': post.ids[0] });
      await gap.whole();
      expect(gap.status).toBe(400);
      const kept = await client.get({ 'last-event-id': post.ids.at(-2) });
      await kept.whole();
      expect(wordsOf(kept)).toEqual([1]);
    },
  );

  it('R2: what is older than replayMs is forgotten', async () => {
    const rig = await startRig(kind, { replayMs: 5000, idleTimeoutMs: Infinity });
    const client = await rig.connect();
    const post = await client.ask(call(1, 'say', { texts: ['a'] }));
    rig.clock.advance(4999);
    const early = await client.get({ 'last-event-id': post.ids[0] });
    await early.whole();
    expect(wordsOf(early)).toEqual(['a', 1]);
    rig.clock.advance(5001);
    const late = await client.get({ 'last-event-id': post.ids[0] });
    expect(late.status).toBe(400);
    const ping = await client.ask(request(2, 'ping'));
    expect(ping.status).toBe(200);
  });
});
