import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEEP_ALIVE, messageFrame, primingFrame, STREAM_HEADERS } from '../../src/wire/sse.ts';
import { sseFrames } from '../support/sseFrames.ts';

describe('messageFrame', () => {
  it('is one event of one data line, to the byte', () => {
    expect(messageFrame('{"a":1}', 'key_1_2')).toBe(
      'event: message\nid: key_1_2\ndata: {"a":1}\n\n',
    );
    expect(messageFrame('{"a":1}')).toBe('event: message\ndata: {"a":1}\n\n');
  });

  it('carries any JSON text unbroken, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const json = JSON.stringify({ value, breaks: '\n\r\n\u2028\u2029id: x\ndata: y' });
        const frames = sseFrames(messageFrame(json, 'k_1_1'));
        expect(frames).toHaveLength(1);
        expect(frames[0]).toMatchObject({ id: 'k_1_1', event: 'message', data: json });
      }),
    );
  });
});

describe('primingFrame (row P12)', () => {
  it('is an id, how soon to come back, and empty data, to the byte', () => {
    expect(primingFrame('key_1_0', 1500)).toBe('id: key_1_0\nretry: 1500\ndata: \n\n');
  });
});

describe('KEEP_ALIVE (row P11)', () => {
  it('is a comment: no event, no id', () => {
    expect(sseFrames(KEEP_ALIVE)).toEqual([
      { comment: 'keep-alive', id: undefined, event: undefined, retry: undefined, data: undefined },
    ]);
  });
});

describe('STREAM_HEADERS (row P11)', () => {
  it('keep caches and proxies from holding anything back', () => {
    expect(STREAM_HEADERS).toEqual([
      'Content-Type',
      'text/event-stream',
      'Cache-Control',
      'no-cache, no-transform',
      'X-Accel-Buffering',
      'no',
    ]);
  });
});
