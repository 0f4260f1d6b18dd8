import { describe, expect, it } from 'vitest';
import { tap, type TapHost } from '../../src/host/tap.ts';
import type { Message } from '../../src/wire/jsonrpc.ts';

/** A transport with members of its own, private ones too. */
class FakeTransport {
  readonly sent: unknown[] = [];
  closes = 0;
  sessionId: string | undefined;
  onmessage?: ((message: Message, extra?: unknown) => void) | undefined;
  onclose?: (() => void) | undefined;
  #version = '';

  async send(message: Message, options?: unknown): Promise<void> {
    this.sent.push([message, options]);
  }

  async close(): Promise<void> {
    this.closes++;
    this.onclose?.();
  }

  setProtocolVersion(version: string): void {
    this.#version = version;
  }

  get version(): string {
    return this.#version;
  }
}

class Notes implements TapHost {
  readonly all: unknown[] = [];
  saw(entry: unknown): void {
    this.all.push(entry);
  }
  progressed(...args: unknown[]): void {
    this.all.push(['progressed', ...args]);
  }
  finished(token: unknown): void {
    this.all.push(['finished', token]);
  }
  lost(): void {
    this.all.push('lost');
  }
}

function tapped(): { inner: FakeTransport; outer: FakeTransport; notes: Notes } {
  const inner = new FakeTransport();
  const notes = new Notes();
  return { inner, outer: tap(inner, notes), notes };
}

const call = (id: number, progressToken?: string | number): Message => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: {
    name: 'secret tool',
    arguments: { password: 'hunter2' },
    ...(progressToken !== undefined && { _meta: { progressToken } }),
  },
});
const progress = (progressToken: unknown, value: unknown, total?: number): Message => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken, progress: value, total, message: 'secret step' },
});

describe('tap', () => {
  it('notes types and sizes of what passes, and nothing of what is in it', async () => {
    const { inner, outer, notes } = tapped();
    const heard: unknown[] = [];
    outer.onmessage = (...args) => heard.push(args);
    await outer.send(call(1), { relatedRequestId: 7 });
    const result: Message = { jsonrpc: '2.0', id: 1, result: { secret: 'answer' } };
    inner.onmessage?.(result, { authInfo: 1 });
    inner.onmessage?.({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } });
    expect(inner.sent).toEqual([[call(1), { relatedRequestId: 7 }]]);
    expect(heard[0]).toEqual([result, { authInfo: 1 }]);
    expect(notes.all).toEqual([
      {
        direction: 'out',
        kind: 'request',
        method: 'tools/call',
        bytes: JSON.stringify(call(1)).length,
      },
      {
        direction: 'in',
        kind: 'response',
        method: undefined,
        bytes: JSON.stringify(result).length,
      },
      {
        direction: 'in',
        kind: 'notification',
        method: 'notifications/message',
        bytes: expect.any(Number) as number,
      },
    ]);
    expect(JSON.stringify(notes.all)).not.toMatch(/secret|hunter2/);
  });

  it('leaves the transport all of its own members', () => {
    const { inner, outer } = tapped();
    expect(outer).toBeInstanceOf(FakeTransport);
    expect(outer.constructor).toBe(FakeTransport);
    outer.setProtocolVersion('2025-11-25');
    expect(outer.version).toBe('2025-11-25');
    outer.sessionId = 'abc';
    expect(inner.sessionId).toBe('abc');
    expect(outer.onmessage).toBeUndefined();
  });

  it('is heard once where a client chains on the listener it finds', () => {
    const { inner, outer, notes } = tapped();
    const heard: string[] = [];
    outer.onmessage = () => heard.push('first');
    const found = outer.onmessage;
    outer.onmessage = (...args) => {
      found?.(...args);
      heard.push('second');
    };
    inner.onmessage?.({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(heard).toEqual(['first', 'second']);
    expect(notes.all).toHaveLength(1);
  });

  it('keeps the listeners the transport already had', () => {
    const inner = new FakeTransport();
    const heard: string[] = [];
    inner.onmessage = () => heard.push('message');
    inner.onclose = () => heard.push('close');
    tap(inner, new Notes());
    inner.onmessage({ jsonrpc: '2.0', id: 1, method: 'ping' });
    inner.onclose();
    expect(heard).toEqual(['message', 'close']);
  });

  it('cuts the name of a method that is none', () => {
    const { inner, notes } = tapped();
    inner.onmessage?.({ jsonrpc: '2.0', method: 'x'.repeat(100_000) });
    expect(notes.all).toMatchObject([{ method: 'x'.repeat(256) }]);
  });

  it('notes a message JSON has no words for, and lets the transport decide', async () => {
    const { inner, outer, notes } = tapped();
    const message = { jsonrpc: '2.0', id: 1, method: 'x', params: { big: 1n } } as const;
    await outer.send(message);
    expect(notes.all).toMatchObject([{ bytes: 0 }]);
    expect(inner.sent).toHaveLength(1);
  });

  it('says lost when the connection ends and nobody here closed it, once', async () => {
    const one = tapped();
    one.inner.onclose?.();
    one.inner.onclose?.();
    await one.outer.close();
    expect(one.notes.all).toEqual(['lost']);
    const two = tapped();
    await two.outer.close();
    two.inner.onclose?.();
    expect(two.notes.all).toEqual([]);
    expect(two.inner.closes).toBe(1);
  });
});

describe('progress', () => {
  it('is that of requests in flight that asked for it, numbers alone', async () => {
    const { inner, outer, notes } = tapped();
    await outer.send(call(1, 'token'));
    await outer.send(call(2));
    inner.onmessage?.(progress('token', 1, 4));
    inner.onmessage?.(progress('unknown', 2));
    inner.onmessage?.(progress('token', 'half'));
    inner.onmessage?.(progress({ evil: 1 }, 3));
    inner.onmessage?.({ jsonrpc: '2.0', id: 1, result: {} });
    inner.onmessage?.(progress('token', 4, 4));
    const said = notes.all.filter(Array.isArray);
    expect(said).toEqual([
      ['progressed', 'token', 1, 4],
      ['finished', 'token'],
    ]);
  });

  it('ends with a cancel, and with the connection', async () => {
    const { inner, outer, notes } = tapped();
    await outer.send(call(1, 0));
    await outer.send(call(2, 1));
    const cancel = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    } as const;
    await outer.send(cancel);
    inner.onmessage?.(progress(0, 1));
    inner.onclose?.();
    expect(notes.all.filter((each) => !isEntry(each))).toEqual([
      ['finished', 0],
      ['finished', 1],
      'lost',
    ]);
  });

  it('follows a bounded number of calls', async () => {
    const { outer, notes } = tapped();
    for (let id = 0; id < 300; id++) await outer.send(call(id, id));
    expect(notes.all.filter(Array.isArray)).toEqual(
      Array.from({ length: 44 }, (_, id) => ['finished', id]),
    );
  });
});

function isEntry(each: unknown): boolean {
  return typeof each === 'object' && each !== null && 'bytes' in each;
}
