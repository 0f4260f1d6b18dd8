import { describe, expect, it } from 'vitest';
import { watchedBody } from '../../src/gateway/watchedBody.ts';

function watch(chunks: string[], { maxBytes = 100, endless = false } = {}) {
  let cancelled = false;
  let ends = 0;
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      if (!endless) controller.close();
    },
    cancel: () => void (cancelled = true),
  });
  const hangUp = new AbortController();
  const body = watchedBody(source, {
    maxBytes,
    pace: () => undefined,
    onEnd: () => ends++,
    signal: hangUp.signal,
  });
  return { body, hangUp, isCancelled: () => cancelled, ends: () => ends };
}

const read = (body: ReadableStream<Uint8Array>): Promise<string> => new Response(body).text();

describe('watchedBody', () => {
  it('passes everything on, and says once when it is over', async () => {
    const { body, ends } = watch(['one', 'two']);
    expect(await read(body)).toBe('onetwo');
    expect(ends()).toBe(1);
  });

  it('bounds each event, not the stream', async () => {
    const event = `data: ${'x'.repeat(60)}\n\n`;
    const crlf = `data: ${'y'.repeat(60)}\r\n\r\n`;
    expect(await read(watch([event, event, crlf, crlf]).body)).toBe(event + event + crlf + crlf);
  });

  it.each([
    ['one body', ['x'.repeat(101)]],
    ['an event in many chunks', Array.from({ length: 11 }, () => 'x'.repeat(10))],
    ['an event of many lines', Array.from({ length: 11 }, () => `data: ${'x'.repeat(4)}\n`)],
  ])('fails past the limit: %s', async (_what, chunks) => {
    const { body, isCancelled, ends } = watch(chunks, { endless: true });
    await expect(read(body)).rejects.toThrow('more than 100 bytes');
    expect(isCancelled()).toBe(true);
    expect(ends()).toBe(1);
  });

  it('ends when it is hung up on, also when it is over', async () => {
    const { body, hangUp, isCancelled } = watch(['begun'], { endless: true });
    const text = read(body);
    hangUp.abort();
    expect(await text).toMatch(/^(begun)?$/);
    expect(isCancelled()).toBe(true);

    const over = watch(['all']);
    expect(await read(over.body)).toBe('all');
    over.hangUp.abort();
  });

  it('is cancelled with its reader, and may be hung up on then', async () => {
    const { body, hangUp, isCancelled } = watch(['begun'], { endless: true });
    await body.cancel();
    expect(isCancelled()).toBe(true);
    hangUp.abort();
  });

  it('reads no further than it is let', async () => {
    let go!: () => void;
    const paced = new Promise<void>((resolve) => (go = resolve));
    let pulls = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(new Uint8Array(10));
          if (pulls === 3) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const body = watchedBody(source, {
      maxBytes: 100,
      pace: () => paced,
      onEnd: () => {},
      signal: new AbortController().signal,
    });
    const text = read(body);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulls).toBe(0);
    go();
    expect((await text).length).toBe(30);
  });
});
