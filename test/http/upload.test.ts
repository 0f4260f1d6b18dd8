import { describe, expect, it } from 'vitest';
import { type DoorKind, DOORS } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { call, request } from '../support/rawClient.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { startSlowUpload } from '../support/slowUpload.ts';

const KIB = 1024;
const LARGE = 4 * KIB * KIB;
const PART = 'x'.repeat(16 * KIB);
/** What a socket, or a stream, may hand over in one go. */
const SLACK = 64 * KIB;

const bodiesOf = ({ runtime }: Pick<Rig, 'runtime'>): number => runtime.stats().bytesIn.bodies;

/** The declared length, where a test wants one. */
const declaring = (bytes: number) => ({ 'content-length': `${bytes}` });

/** A call whose text has about so many bytes, in parts. */
function parts(bytes: number): string[] {
  const text = JSON.stringify(call(1, 'echo', { text: 'y'.repeat(bytes) }));
  const all: string[] = [];
  for (let at = 0; at < text.length; at += PART.length) all.push(text.slice(at, at + PART.length));
  return all;
}

/** A session that is in a durable store, and in no process. */
async function stored(kind: DoorKind, options = {}) {
  const store = new HeldStore();
  const first = await new FakeRuntime({ store }).open();
  const rig = await startRig(kind, { store, ...options });
  const client = rig.client();
  client.sessionId = first.id;
  return { store, rig, client };
}

describe.each(DOORS)('A14: a body that is not for a session of the caller, over %s', (kind) => {
  it('more than 64 KiB for an unknown session: 404 before any of it is read', async () => {
    const rig = await startRig(kind);
    const uploads = Array.from({ length: 100 }, () => {
      const client = rig.client();
      client.sessionId = 'nobody';
      const upload = startSlowUpload(kind, rig, client, declaring(LARGE));
      upload.send(PART);
      return upload;
    });
    for (const { answer, taken } of uploads) {
      expect(await answer).toMatchObject({
        status: 404,
        headers: { connection: 'close' },
        message: { id: null, error: { code: -32001, data: { code: 'session-not-found' } } },
      });
      expect(kind === 'fetch' ? taken : 0).toBe(0);
      expect(bodiesOf(rig)).toBe(0);
    }
    expect(rig.runtime.stats().refusals).toEqual({ 'session-not-found': 100 });
    for (const upload of uploads) upload.leave();
  });

  it('the same of a body without a length: 404 when 64 KiB of it have come', async () => {
    const rig = await startRig(kind);
    const client = rig.client();
    client.sessionId = 'nobody';
    const upload = startSlowUpload(kind, rig, client);
    for (let n = 0; n < 64; n++) upload.send(PART);
    const { status, headers } = await upload.answer;
    expect([status, headers['connection']]).toEqual([404, 'close']);
    expect(kind === 'fetch' ? upload.taken : 0).toBeLessThanOrEqual(64 * KIB + PART.length);
    expect(bodiesOf(rig)).toBe(0);
    upload.leave();
  });

  it.each([
    ['declared', declaring(LARGE)],
    ['counted', {}],
  ])('more than 64 KiB, %s, without a session: 413', async (_how, headers) => {
    const rig = await startRig(kind);
    const upload = startSlowUpload(kind, rig, rig.client(), headers);
    for (let n = 0; n < 5; n++) upload.send(PART);
    expect((await upload.answer).status).toBe(413);
    expect(rig.runtime.stats()).toMatchObject({
      bytesIn: { bodies: 0 },
      limits: { maxInitializeBytes: 1 },
      refusals: { 'body-too-large': 1 },
      spawned: 0,
    });
    upload.leave();
  });

  it('a session of another principal is an unknown one; of an ended one the owner is told', async () => {
    const rig = await startRig(kind);
    const alice = await rig.connect({ user: 'alice' });
    const bob = rig.client({ user: 'bob' });
    bob.sessionId = alice.sessionId;
    const theirs = await startSlowUpload(kind, rig, bob, declaring(LARGE)).answer;
    expect([theirs.status, theirs.message.error?.data]).toEqual([
      404,
      { code: 'session-not-found' },
    ]);
    await alice.delete();
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    const own = await startSlowUpload(kind, rig, alice, declaring(LARGE)).answer;
    expect([own.status, own.message.error?.data?.['reason']]).toEqual([404, 'terminated']);
  });

  it('of a caller that has no principal, nothing is read', async () => {
    const rig = await startRig(kind, { principal: () => '' });
    const upload = startSlowUpload(kind, rig, rig.client(), declaring(1000));
    expect((await upload.answer).status).toBe(403);
    expect(kind === 'fetch' ? upload.taken : 0).toBe(0);
    upload.leave();
  });

  it('a session that ends under its upload: 404, and no more is read', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const upload = startSlowUpload(kind, rig, client, declaring(LARGE));
    for (let n = 0; n < 5; n++) upload.send(PART);
    await eventually(() => bodiesOf(rig) === 5 * PART.length);
    await client.delete();
    await eventually(() => rig.runtime.stats().sessions.total === 0);
    upload.send(PART);
    const { status, message } = await upload.answer;
    expect([status, message.error?.data?.['reason']]).toEqual([404, 'terminated']);
    expect(bodiesOf(rig)).toBe(0);
    upload.leave();
  });
});

describe.each(DOORS)('A14: a body for a session in a durable store, over %s', (kind) => {
  it('is read to 64 KiB while the session is looked for, and then to its end', async () => {
    const { store, rig, client } = await stored(kind);
    const release = store.hold('get');
    const upload = startSlowUpload(kind, rig, client);
    for (const part of parts(1024 * KIB)) upload.send(part);
    upload.end();
    await eventually(() => bodiesOf(rig) > 64 * KIB);
    for (let n = 0; n < 20; n++) await turn();
    expect(bodiesOf(rig)).toBeLessThanOrEqual(64 * KIB + SLACK);
    release();
    const { status, message } = await upload.answer;
    expect([status, message.result]).toMatchObject([200, {}]);
    expect(rig.runtime.stats().bytesIn).toEqual({ messages: 0, bodies: 0 });
  });

  it('is not read at all meanwhile where it declares more', async () => {
    const { store, rig, client } = await stored(kind);
    const release = store.hold('get');
    const all = parts(200 * KIB);
    const upload = startSlowUpload(kind, rig, client, declaring(all.join('').length));
    for (const part of all) upload.send(part);
    upload.end();
    for (let n = 0; n < 20; n++) await turn();
    expect(bodiesOf(rig)).toBe(0);
    release();
    expect((await upload.answer).status).toBe(200);
  });

  it.each([
    ['does not know the session', 404],
    ['fails', 503],
  ] as const)('is refused where the store %s', async (_what, status) => {
    const { store, rig, client } = await stored(kind);
    if (status === 404) client.sessionId = 'nobody';
    else store.fail('get', new Error('disk'));
    const upload = startSlowUpload(kind, rig, client);
    for (let n = 0; n < 20; n++) upload.send(PART);
    const answer = await upload.answer;
    expect([answer.status, answer.headers['connection']]).toEqual([status, 'close']);
    expect(bodiesOf(rig)).toBe(0);
    upload.leave();
  });

  it.each([
    ['before a byte was read', declaring(LARGE)],
    ['in the middle', {}],
  ])('is forgotten where its client leaves during the search, %s', async (_when, headers) => {
    const { store, rig, client } = await stored(kind);
    const release = store.hold('get');
    const upload = startSlowUpload(kind, rig, client, headers);
    upload.answer.catch(() => {});
    for (let n = 0; n < 5; n++) upload.send(PART);
    if (!('content-length' in headers)) await eventually(() => bodiesOf(rig) > 64 * KIB);
    else for (let n = 0; n < 20; n++) await turn();
    upload.leave();
    // The session is found for nobody, and serves the next caller.
    release();
    await eventually(() => bodiesOf(rig) === 0);
    const after = await client.ask(request(2, 'ping'));
    expect(after.status).toBe(200);
    await eventually(() => bodiesOf(rig) === 0);
  });
});

describe.each(DOORS)('A14: bodies for sessions that exist, over %s', (kind) => {
  it('maxQueueBytes of one session may be on their way, and one that is alone', async () => {
    const rig = await startRig(kind, { maxQueueBytes: 100 * KIB });
    const client = await rig.connect();
    const first = startSlowUpload(kind, rig, client);
    const all = parts(200 * KIB);
    for (const part of all) first.send(part);
    await eventually(() => bodiesOf(rig) > 200 * KIB);
    const before = bodiesOf(rig);
    const second = startSlowUpload(kind, rig, client);
    second.send(PART);
    expect(await second.answer).toMatchObject({
      status: 503,
      headers: { connection: 'close', 'retry-after': '1' },
      message: { id: null, error: { code: -32000, data: { code: 'upload-refused' } } },
    });
    expect(rig.runtime.stats()).toMatchObject({
      limits: { maxQueueBytes: 1 },
      refusals: { 'upload-refused': 1 },
    });
    expect(bodiesOf(rig)).toBe(before);
    // Other sessions have their own.
    const other = await rig.connect();
    expect((await other.ask(request(1, 'ping'))).status).toBe(200);
    first.end();
    expect((await first.answer).status).toBe(200);
    expect(rig.runtime.stats().bytesIn).toEqual({ messages: 0, bodies: 0 });
    expect((await client.ask(request(2, 'ping'))).status).toBe(200);
    second.leave();
  });

  it('maxQueueTotalBytes of all may be: who has most of them loses the oldest', async () => {
    const rig = await startRig(kind, { maxQueueTotalBytes: 400 * KIB });
    const mallory = await rig.connect({ user: 'mallory' });
    const alice = await rig.connect({ user: 'alice' });
    const parked = [];
    for (let n = 0; n < 4; n++) {
      const upload = startSlowUpload(kind, rig, mallory);
      for (let m = 0; m < 5; m++) upload.send(PART);
      parked.push(upload);
      await eventually(() => bodiesOf(rig) === (n + 1) * 5 * PART.length);
    }
    const mine = startSlowUpload(kind, rig, alice);
    for (const part of parts(96 * KIB)) mine.send(part);
    mine.end();
    expect((await mine.answer).status).toBe(200);
    const [oldest, second] = parked;
    expect((await oldest!.answer).message.error?.data?.['code']).toBe('upload-refused');
    expect((await second!.answer).status).toBe(503);
    expect(rig.runtime.stats()).toMatchObject({
      bytesIn: { bodies: 2 * 5 * PART.length },
      limits: { maxQueueTotalBytes: 2 },
      refusals: { 'upload-refused': 2 },
    });
    for (const upload of parked) {
      upload.answer.catch(() => {});
      upload.leave();
    }
    await eventually(() => bodiesOf(rig) === 0);
  });
});
