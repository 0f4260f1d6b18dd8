import { describe, expect, it } from 'vitest';
import { CountedStream } from '../../src/http/countedStream.ts';
import { turn } from '../support/eventually.ts';

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

  it('is drained when its reader has taken what was written', async () => {
    const stream = new CountedStream<string>();
    await stream.drained();
    for (const word of ['said', 'more']) stream.write(word);
    let isDrained = false;
    const drained = stream.drained().then(() => (isDrained = true));
    const reader = stream.readable.getReader();
    await reader.read();
    await turn();
    expect([isDrained, stream.unread]).toEqual([false, 4]);
    await reader.read();
    await drained;
  });

  it('gives a reader that waits what is written next', async () => {
    const stream = new CountedStream<string>();
    const reader = stream.readable.getReader();
    const reads = [reader.read(), reader.read(), reader.read()];
    await turn();
    for (const word of ['one', 'two']) stream.write(word);
    expect(stream.unread).toBe(0);
    stream.end();
    const values = await Promise.all(reads);
    expect(values.map(({ value }) => value)).toEqual(['one', 'two', undefined]);
  });

  it('is over when the last of it is taken', async () => {
    let over = 0;
    const stream = new CountedStream<string>(() => over++);
    for (const word of ['one', 'two']) stream.write(word);
    stream.end();
    const reader = stream.readable.getReader();
    await reader.read();
    expect(over).toBe(0);
    await reader.read();
    expect(over).toBe(1);
  });

  it('ends without what was not taken when it is dropped', async () => {
    let over = 0;
    const stream = new CountedStream<string>(() => over++);
    stream.write('lost');
    stream.drop();
    stream.cut();
    expect([stream.unread, over]).toEqual([0, 1]);
    expect(await stream.readable.getReader().read()).toEqual({ done: true, value: undefined });
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
