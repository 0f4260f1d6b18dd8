import { expect, it } from 'vitest';
import { EngineMemory } from '../../src/cluster/memory/engineMemory.ts';
import { Channel, type IpcEnd } from '../../src/processes/channel.ts';
import { Hub } from '../../src/processes/hub.ts';
import { keepWrite, kept } from '../../src/processes/kept.ts';
import type { Message } from '../../src/processes/messages.ts';
import { ABOUT, birth, LEASE_MS, print, put, remove, row } from '../cluster/engineRig.ts';
import { eventually, turn } from '../support/eventually.ts';
import { VirtualClock } from '../support/virtualClock.ts';

/** Two channels that hear each other, without a process between them. */
function pair(): [Channel, Channel] {
  const heard: ((message: unknown) => void)[] = [];
  const end = (n: number): IpcEnd => ({
    send: (message, written) => (heard[1 - n]!(message), written()),
    onMessage: (listener) => void (heard[n] = listener),
    onGone: () => {},
  });
  return [new Channel(end(0)), new Channel(end(1))];
}

/** A worker that has a session, at a hub. */
async function setUp() {
  const clock = new VirtualClock();
  const memory = new EngineMemory(clock, 'first', 0);
  const hub = new Hub({ memory });
  const [first, worker] = pair();
  const seat = hub.seat(first);
  const answers: Message[] = [];
  worker.onMessage((message) => answers.push(message));
  const ask = (method: 'join' | 'leave', ...args: readonly unknown[]): Promise<unknown> =>
    worker.send({ type: 'ask', id: 1, asked: { of: 'engine', method, args } });
  await ask('join', 'a#1', LEASE_MS, ABOUT);
  await eventually(() => answers.length === 1);
  memory.space(undefined).write('a#1', [birth('s', 10, put('state'))]);
  return { answers, ask, clock, memory, seat, worker };
}

it('Hub ends the leases of a process that has ended: its sessions are claimed at once', async () => {
  const { memory, seat } = await setUp();
  expect(memory.space(undefined).look(print('s'))).toMatchObject({ is: 'owned' });
  seat.ended();
  expect(memory.leftMs('a#1')).toBe(0);
  const claim = memory.space(undefined).claim(print('s'), 'b#1', 0);
  // And the death counts: a session that ends its processes is held back.
  expect(claim).toMatchObject({ is: 'ours', from: 'a#1', isSuspect: true });
});

it('Hub takes a process that has left its lease and ended for no death', async () => {
  const { answers, ask, memory, seat } = await setUp();
  await ask('leave', 'a#1');
  await eventually(() => answers.length === 2);
  seat.ended();
  const claim = memory.space(undefined).claim(print('s'), 'b#1', 0);
  expect(claim).toMatchObject({ is: 'ours', isSuspect: false });
});

it('Hub does nothing that a process still asks when it has ended', async () => {
  const { answers, ask, memory, seat } = await setUp();
  seat.ended();
  await ask('join', 'a#2', LEASE_MS, ABOUT);
  await eventually(() => answers.length === 2);
  expect(answers[1]).toMatchObject({ type: 'refusal', code: 'store-unavailable' });
  expect(memory.members()).toEqual([]);
});

it('Hub answers nothing that is no method of a port', async () => {
  const { answers, worker } = await setUp();
  const asked = { of: 'engine', method: 'constructor' as never, args: [] } as const;
  await worker.send({ type: 'ask', id: 2, asked });
  await eventually(() => answers.length === 2);
  expect(answers[1]).toMatchObject({ type: 'refusal', code: 'store-unavailable' });
});

it('Hub counts what its answers carry: a process that reads nothing is not answered without end', async () => {
  const { memory } = await setUp();
  memory.space(undefined).write('a#1', [birth('large', 11, put('x'.repeat(1000)))]);
  const heard: ((message: unknown) => void)[] = [];
  // The messages of the first process do not leave.
  const still = new Channel(
    { send: () => {}, onMessage: (listener) => void heard.push(listener), onGone: () => {} },
    { maxWaitingBytes: 4000 },
  );
  new Hub({ memory }).seat(still);
  const args = [print('large')];
  for (let id = 0; id < 10; id++) {
    const asked = { of: 'space', space: undefined, method: 'read', args };
    heard[0]!({ 'mcp-actors': [{ type: 'ask', id, asked }] });
  }
  await eventually(() => still.waitingBytes > 3000);
  await turn();
  expect(still.waitingBytes).toBeLessThanOrEqual(4000);
});

it('Channel says of a message that could not leave that nobody knows of it', async () => {
  const broken = new Channel({
    send: (_, written) => written(new Error('EPIPE')),
    onMessage: () => {},
    onGone: () => {},
  });
  expect(await broken.send({ type: 'hello' })).toBe('unsure');
  expect(broken.waitingBytes).toBe(0);
});

it('keepWrite keeps no byte alive but those of the write', () => {
  const read = Buffer.alloc(64 * 1024, 'x');
  const view = read.subarray(5, 10);
  const write = birth('s', 1, { ...put(''), bytes: view } as never, row(1), remove('gone'));
  const { changes } = keepWrite(write);
  for (const change of changes) {
    const bytes = 'bytes' in change ? change.bytes : (change as { tombstone: Buffer }).tombstone;
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  }
  expect((changes[0] as { bytes: Buffer }).bytes).toEqual(view);
  expect(keepWrite(birth('s', 1, remove())).changes).toEqual([remove()]);
  expect(kept('text')).toBe('text');
});
