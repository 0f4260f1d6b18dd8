import { describe, expect, it } from 'vitest';
import { CountedStream } from '../../src/http/countedStream.ts';

describe('CountedStream', () => {
  it('counts what was written and not taken', async () => {
    const stream = new CountedStream<Uint8Array>();
    stream.write(new Uint8Array(3));
    stream.write(new Uint8Array(4));
    expect(stream.unread).toBe(7);
    const reader = stream.readable.getReader();
    await reader.read();
    expect(stream.unread).toBe(4);
  });

  it('is drained when its reader asks for more than there is', async () => {
    const stream = new CountedStream<string>();
    stream.write('said');
    let isDrained = false;
    const drained = stream.drained().then(() => (isDrained = true));
    const reader = stream.readable.getReader();
    await reader.read();
    expect([isDrained, stream.unread]).toEqual([false, 0]);
    void reader.read();
    await drained;
  });

  it('ends behind what was written, and takes no more', async () => {
    const stream = new CountedStream<string>();
    stream.write('last');
    const drained = stream.drained();
    stream.end();
    stream.end();
    stream.write('late');
    await drained;
    await stream.drained();
    const reader = stream.readable.getReader();
    expect(await reader.read()).toEqual({ done: false, value: 'last' });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  it('drops what was not taken when it is cut', async () => {
    const stream = new CountedStream<string>();
    stream.write('lost');
    stream.cut();
    await expect(stream.readable.getReader().read()).rejects.toThrow('cut');
  });

  it('says when its reader wants no more, and lets go of those who wait', async () => {
    let cancelled = 0;
    const stream = new CountedStream<string>(() => cancelled++);
    const drained = stream.drained();
    await stream.readable.cancel();
    await drained;
    stream.write('late');
    stream.end();
    expect(cancelled).toBe(1);
  });
});
