import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { type DoorKind, DOORS } from '../../support/door.ts';
import { call, cancel, MEDIA, notification, type RawClient } from '../../support/rawClient.ts';
import { type Rig, startRig } from '../../support/rig.ts';
import { exchangeBytes } from '../../support/socket.ts';

/** A POST whose body stops arriving half way, until it is told to go on. */
async function startUpload(kind: DoorKind, rig: Rig, client: RawClient, message: unknown) {
  const text = JSON.stringify(message);
  const [head, tail] = [text.slice(0, 20), text.slice(20)];
  const init = { method: 'POST', headers: client.headers(MEDIA) };
  if (kind === 'fetch') {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    // The types of the fetch API do not know `duplex` yet, and the API asks for it.
    const streaming = { ...init, body: readable, duplex: 'half' };
    const asked = new Request(`http://${rig.door.host}/mcp`, streaming);
    const response = rig.runtime.fetch(asked);
    await writer.write(encoder.encode(head));
    return async () => {
      await writer.write(encoder.encode(tail));
      await writer.close();
      const { status } = await response;
      return status;
    };
  }
  const target = { host: '127.0.0.1', port: rig.door.port, path: '/mcp', agent: false };
  const upload = http.request({ ...target, ...init });
  const status = new Promise<number | undefined>((resolve) => {
    upload.on('response', (response) => resolve(response.statusCode));
  });
  const taken = new Promise<void>((resolve) => upload.write(head, () => resolve()));
  await taken;
  return () => {
    upload.end(tail);
    return status;
  };
}

describe.each(DOORS)('over %s', (kind) => {
  it('C2: a cancel in the batch of its request is not lost', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const reply = await client.ask([call(1, 'slow', { gate: 'g' }), cancel(1)]);
    expect(reply).toMatchObject({ status: 202, text: '' });
    expect(rig.runtime.stats().inFlight).toBe(0);
    expect(rig.fixture.finished).toEqual([]);
  });

  it('C2: cancels sent in the turn of their requests, on connections of their own, are not lost', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    for (let id = 0; id < 50; id++) {
      const [lost, reply] = await Promise.all([
        client.ask(call(id, 'slow', { gate: `g${id}` })),
        client.ask(cancel(id)),
      ]);
      expect([lost.status, lost.text, reply.status]).toEqual([202, '', 202]);
    }
    expect(rig.runtime.stats().inFlight).toBe(0);
    expect(rig.fixture.finished).toEqual([]);
  });

  it('C2: a cancel that arrives while its request is still arriving is not lost', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const finish = await startUpload(kind, rig, client, call(1, 'slow', { gate: 'g' }));
    await client.ask(cancel(1));
    const outcome = await Promise.race([finish(), rig.gates.reached('g').then(() => 'it runs')]);
    rig.gates.open('g');
    expect(outcome).toBe(202);
  });

  it('C2: only the request a cancel names is stopped, of several that are still arriving', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const finish = [
      await startUpload(kind, rig, client, call(1, 'echo', { text: 'one' })),
      await startUpload(kind, rig, client, call('1', 'echo', { text: 'string' })),
      await startUpload(kind, rig, client, call(2, 'echo', { text: 'two' })),
    ];
    await client.ask(cancel(1));
    const later = await client.ask(call(3, 'echo', { text: 'three' }));
    expect(later.status).toBe(200);
    const statuses = await Promise.all(finish.map((each) => each()));
    expect(statuses).toEqual([202, 200, 200]);
    const again = await client.ask(call(1, 'echo', { text: 'again' }));
    expect(again.message).toMatchObject({ id: 1, result: {} });
    expect(new Set(rig.fixture.finished)).toEqual(new Set(['string', 'two', 'three', 'again']));
  });

  it('C2: a cancel kept for a request that never came is a dead letter in the end', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const finish = await startUpload(kind, rig, client, call(1, 'echo', { text: 'one' }));
    await client.ask(cancel('never'));
    expect(await finish()).toBe(200);
    expect(rig.runtime.deadLetters()).toMatchObject([
      { direction: 'in', method: 'notifications/cancelled', reason: 'late' },
    ]);
  });

  it('C2: no cancel overtakes its request where requests wait for a free handler', async () => {
    const rig = await startRig(kind, { concurrency: 1 });
    const client = await rig.connect();
    const first = client.ask(call('first', 'slow', { gate: 'g' }));
    await rig.gates.reached('g');
    const waiting = [0, 1, 2].flatMap((id) => [
      client.ask(call(id, 'echo', { text: `${id}` })),
      client.ask(cancel(id)),
    ]);
    const replies = await Promise.all(waiting);
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(202));
    rig.gates.open('g');
    await first;
    expect(rig.fixture.finished).toEqual(['passed g']);
  });
});

// The fetch API has no connection to pipeline on.
describe('over node http', () => {
  it('C2: a cancel in the same TCP segment as its request is not lost', async () => {
    const rig = await startRig('node http');
    const client = await rig.connect();
    for (let id = 0; id < 20; id++) {
      const text = await exchangeBytes(rig.door.port, 2, [
        client.asBytes(call(id, 'slow', { gate: `g${id}` })) + client.asBytes(cancel(id)),
      ]);
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 202']);
    }
    expect(rig.runtime.stats().inFlight).toBe(0);
    expect(rig.fixture.finished).toEqual([]);
  });

  it('C2: a cancel pipelined behind a request that streams is not lost', async () => {
    const rig = await startRig('node http', { responseMode: 'sse' });
    const client = await rig.connect();
    const text = await exchangeBytes(rig.door.port, 2, [
      client.asBytes(call(1, 'slow', { gate: 'g' })) + client.asBytes(cancel(1)),
    ]);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 202']);
    expect(text).not.toContain('"result"');
    expect(rig.runtime.stats()).toMatchObject({ inFlight: 0, streams: 0 });
  });

  it('C2: a request in one segment and its cancel in the next, split anywhere, are both heard', async () => {
    const rig = await startRig('node http');
    const client = await rig.connect();
    const bytes = client.asBytes(call(1, 'slow', { gate: 'g' })) + client.asBytes(cancel(1));
    for (let cut = 1; cut < bytes.length; cut += 97) {
      const text = await exchangeBytes(rig.door.port, 2, [bytes.slice(0, cut), bytes.slice(cut)]);
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 202']);
    }
    expect(rig.runtime.stats().inFlight).toBe(0);
  });

  it('P8: a duplicate pipelined behind its twin is refused and the first is unharmed', async () => {
    const rig = await startRig('node http');
    const client = await rig.connect();
    const twins = [call(1, 'slow', { gate: 'g' }), call(1, 'echo', { text: 'twin' })];
    const asked = exchangeBytes(rig.door.port, 2, [
      twins.map((one) => client.asBytes(one)).join(''),
    ]);
    await rig.gates.reached('g');
    const told = await client.ask(notification('notifications/x'));
    expect(told.status).toBe(202);
    rig.gates.open('g');
    const text = await asked;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(text).toContain('passed g');
    expect(rig.fixture.finished).toEqual(['passed g']);
  });
});
