import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Hub } from '../../src/processes/hub.ts';
import { carryContract } from '../cluster/linkContract.ts';
import { FaultyMemory } from '../cluster/faultyMemory.ts';
import { eventually } from '../support/eventually.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { Relay } from './relay.ts';
import { worker, type WorkerOfTest } from './ways.ts';

let relay: Relay;
beforeAll(() => void (relay = new Relay()));
afterAll(() => relay.end());

let hub = new Hub(new FaultyMemory(new VirtualClock()));

carryContract('IpcLink', async () => {
  const { link } = worker(relay, hub);
  onTestFinished(() => link.close());
  return { link };
});

/** Two workers, whose channels the test breaks or stops as it likes. */
async function setUp(maxWaitingBytes?: number) {
  const own = new Relay();
  onTestFinished(() => own.end());
  hub = new Hub(new FaultyMemory(new VirtualClock()));
  const [a, b] = [worker(relay, hub), worker(own, hub, maxWaitingBytes)];
  const heard: string[] = [];
  await b.link.listen('b#1', (frame) => heard.push(frame.toString()));
  await a.link.listen('a#1', () => {});
  return { a, b, heard, own };
}

const sendText = ({ link }: WorkerOfTest, to: string, text: string) =>
  link.send(to, Buffer.from(text));
const refused = { code: 'store-unavailable' };

describe('IpcLink over a channel that is gone', () => {
  it('hears nothing, sends nothing, and says that what was on its way is not known', async () => {
    const { a, b, own } = await setUp();
    own.freeze();
    const sent = sendText(b, 'a#1', 'unsure');
    await own.end();
    await eventually(() => b.channel.isGone);
    expect([await sent, b.link.unread('a#1'), b.link.generation]).toEqual([undefined, 0, 1]);
    expect([await sendText(b, 'a#1', 'late'), await sendText(a, 'b#1', 'nobody')]).toEqual([0, 0]);
    await expect(b.link.listen('b#2', () => {})).rejects.toMatchObject(refused);
    await expect(b.engine.leftMs('a#1')).rejects.toMatchObject(refused);
    await b.link.close();
  });
});

describe('IpcLink to a process that stands still', () => {
  it('counts what is not read, though it has reached the first process', async () => {
    const { a, heard, own } = await setUp();
    own.freeze();
    const frame = 'x'.repeat(1024 * 1024);
    const sent = Promise.all([sendText(a, 'b#1', frame), sendText(a, 'b#1', frame)]);
    await eventually(() => a.channel.waitingBytes === 0);
    // The first may be in the buffers of the system; the second can not be.
    expect(a.link.unread('b#1')).toBeGreaterThanOrEqual(frame.length);
    own.thaw();
    expect(await sent).toEqual([1, 1]);
    await eventually(() => heard.length === 2);
    expect(a.link.unread('b#1')).toBe(0);
  });

  it('is refused what would make more wait than is allowed', async () => {
    const { b, own } = await setUp(1024 * 1024);
    own.freeze();
    const frame = Buffer.alloc(700 * 1024);
    const first = b.link.send('a#1', frame);
    expect(await b.link.send('a#1', frame)).toBeUndefined();
    const write = { print: 's', right: { by: 'all' }, changes: [] } as const;
    const put = { type: 'put', bytes: frame, expiresAt: 1, principal: '' } as const;
    const written = b.engine.space(undefined).write('b#1', [{ ...write, changes: [put] }]);
    await expect(written).rejects.toMatchObject(refused);
    own.thaw();
    expect([await first, b.channel.waitingBytes]).toEqual([1, 0]);
  });
});
