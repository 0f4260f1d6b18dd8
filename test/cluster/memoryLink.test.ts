import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryHub } from '../../src/cluster/memoryLink.ts';
import { turn } from '../support/eventually.ts';
import { type ConnectLink, linkContract } from './linkContract.ts';

let hub = new MemoryHub();

const connect: ConnectLink = async () => {
  const link = hub.connect();
  onTestFinished(() => link.close());
  const interrupt = async (): Promise<void> => {
    link.break();
    await turn();
    link.mend();
  };
  return { link, interrupt };
};

linkContract('MemoryLink', connect);

describe('MemoryLink', () => {
  it('loses what is on its way when it breaks, in either direction', async () => {
    const held: (() => void)[] = [];
    hub = new MemoryHub((arrive) => held.push(arrive));
    const [a, b] = [hub.connect(), hub.connect()];
    const heard: string[] = [];
    const carried = async (): Promise<void> => {
      for (let next = held.shift(); next !== undefined; next = held.shift()) {
        next();
        await turn();
      }
    };
    const listening = b.listen('b#1', (frame) => heard.push(frame.toString()));
    await Promise.all([listening, carried()]);
    // Before the hub has the frame.
    let sent = a.send('b#1', Buffer.from('one'));
    a.break();
    await carried();
    expect(await sent).toBeUndefined();
    a.mend();
    // When the hub has passed the frame on.
    sent = a.send('b#1', Buffer.from('two'));
    held.shift()?.();
    b.break();
    await carried();
    expect(await sent).toBe(1);
    expect(await Promise.all([a.send('b#1', Buffer.from('three')), carried()])).toEqual([
      0,
      undefined,
    ]);
    expect(await b.send('a#1', Buffer.from('four'))).toBeUndefined();
    b.mend();
    expect(await Promise.all([a.send('b#1', Buffer.from('five')), carried()])).toEqual([
      1,
      undefined,
    ]);
    expect(heard).toEqual(['five']);
    expect([a.generation, b.generation]).toEqual([2, 2]);
    hub = new MemoryHub();
  });
});
