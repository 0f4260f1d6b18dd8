import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrames, encodeFrame, joinFrames, MAX_FRAMES } from '../../src/cluster/frameCodec.ts';
import { isSendable } from '../../src/cluster/isSendable.ts';
import type { AuthInfo } from '../../src/wire/authInfo.ts';
import { seeded } from '../support/seeded.ts';
import { anyFrame, eachFrame, more } from './frames.ts';

/** A message of one frame, of which JSON and body are given. */
function written(header: string, body?: string): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(Buffer.byteLength(header));
  lengths.writeUInt32BE(body === undefined ? 0xffff_ffff : Buffer.byteLength(body), 4);
  return Buffer.concat([Buffer.of(1), lengths, Buffer.from(header), Buffer.from(body ?? '')]);
}

/** What comes of a message: how many frames, or the text of the error. */
function outcome(message: Buffer): string {
  try {
    return String(decodeFrames(message).length);
  } catch (error) {
    return error instanceof Error ? error.message : 'no error';
  }
}

const caller: AuthInfo = { token: 't', clientId: 'c', scopes: [] };

describe('decodeFrames', () => {
  it('gives back what encodeFrame was given, of every type', async () => {
    const property = fc.asyncProperty(eachFrame, fc.array(anyFrame), async (each, some) => {
      const frames = [...each, ...some];
      expect(decodeFrames(joinFrames(frames.map(encodeFrame)))).toEqual(frames);
    });
    await seeded(property, 200);
  });

  it('throws an Error for garbage, and nothing else, and never takes it for a frame', async () => {
    const garbage = fc
      .uint8Array({ minLength: 1, maxLength: 200 })
      .map((bytes) => Buffer.from(bytes));
    const property = fc.asyncProperty(garbage, async (bytes) => {
      expect(() => decodeFrames(Buffer.concat([Buffer.of(1), bytes]))).toThrow(Error);
      expect(outcome(Buffer.concat([Buffer.of(2), bytes]))).toMatch(/version/);
    });
    await seeded(property, 500);
  });

  it('throws an Error, or gives frames, wherever a byte is changed', async () => {
    const property = fc.asyncProperty(anyFrame, fc.nat(), fc.nat(255), async (frame, at, to) => {
      const message = joinFrames([encodeFrame(frame)]);
      message[at % message.length] = to;
      expect(outcome(message)).not.toBe('no error');
    });
    await seeded(property, 500);
  });

  it('throws an Error for a message that is cut, unless between two frames', async () => {
    const property = fc.asyncProperty(anyFrame, fc.nat(), async (frame, at) => {
      const message = joinFrames([encodeFrame(frame)]);
      const length = 2 + (at % (message.length - 2));
      expect(() => decodeFrames(message.subarray(0, length))).toThrow(Error);
    });
    await seeded(property, 300);
  });

  it('never quotes a body, and knows an empty one from none', () => {
    const body = '"\\'.repeat(1000);
    const long = joinFrames([encodeFrame(more(1, body))]);
    expect(long.length).toBeLessThan(body.length + 100);
    const sent = { type: 'send', id: 'a', status: 204, headers: [] } as const;
    for (const each of ['', undefined]) {
      const [frame] = decodeFrames(joinFrames([encodeFrame({ ...sent, body: each })]));
      expect(frame).toEqual({ ...sent, body: each });
    }
  });

  it('leaves out frames and members of a later release', () => {
    const newer = written('{"type":"wave","id":"a"}').subarray(1);
    const known = written('{"type":"ack","id":"b","mood":1}').subarray(1);
    expect(decodeFrames(joinFrames([newer, known]))).toEqual([{ type: 'ack', id: 'b' }]);
  });

  it.each([
    ['no object', 'null'],
    ['no JSON', '{'],
    ['without a type', '{"id":"a"}'],
    ['without a member', '{"type":"ack"}'],
    ['with another member', '{"type":"ack","id":1}'],
    ['with a wrong reason', '{"type":"nak","id":"a","why":"bored"}'],
    ['with headers that are no texts', '{"type":"open","id":"a","headers":[1]}', ''],
    ['without its body', '{"type":"more","id":"a","n":1}'],
    ['with a body in its header', '{"type":"more","id":"a","n":1,"body":""}'],
    ['with a count below 0', '{"type":"end","id":"a","n":-1}'],
  ])('throws for a frame %s', (_what, header, body?: string) => {
    expect(() => decodeFrames(written(header, body))).toThrow(Error);
  });

  it('throws for a name of an object that is no type', () => {
    expect(decodeFrames(written('{"type":"constructor"}'))).toEqual([]);
    expect(decodeFrames(written('{"type":"__proto__"}'))).toEqual([]);
  });

  it('throws for a long header, and for many frames, before the rest is read', () => {
    const about = 'x'.repeat(1024 * 1024);
    const frame = { type: 'verb', id: 'a', verb: 'evict', about } as const;
    expect(() => encodeFrame(frame)).toThrow(/too long/);
    expect(() => decodeFrames(written(JSON.stringify(frame)))).toThrow(/too long/);
    const ping = encodeFrame({ type: 'ping', n: 1 });
    const most = Array<Buffer>(MAX_FRAMES).fill(ping);
    expect(decodeFrames(joinFrames(most))).toHaveLength(MAX_FRAMES);
    expect(() => decodeFrames(joinFrames([...most, ping]))).toThrow(/too many/);
  });

  it('throws for a body that is no text', () => {
    const message = written('{"type":"more","id":"a","n":1}', 'é');
    expect(() => decodeFrames(message)).not.toThrow();
    message[message.length - 1] = 0;
    expect(() => decodeFrames(message)).toThrow(/no text/);
  });
});

describe('isSendable', () => {
  it.each<[string, AuthInfo]>([
    ['the least', caller],
    ['a resource', { ...caller, resource: new URL('https://example.com/mcp') }],
    ['plain data', { ...caller, expiresAt: 1, extra: { sub: 'ann', roles: ['a', null, 1, true] } }],
    ['members that are undefined', { ...caller, extra: { iss: undefined } }],
  ])('lets %s through, which arrives as it was', (_what, authInfo) => {
    expect(isSendable(authInfo)).toBe(true);
    const base = { id: 'a', session: 's', space: undefined, method: 'POST', headers: {} };
    const flags = {
      url: undefined,
      until: 0,
      isSure: true,
      takes: false,
      hasRoom: false,
      isHeard: false,
      principal: undefined,
    };
    const frame = { type: 'req', ...base, ...flags, authInfo, body: undefined } as const;
    const [arrived] = decodeFrames(joinFrames([encodeFrame(frame)]));
    expect(arrived).toEqual(frame);
  });

  it.each<[string, unknown]>([
    ['a function', () => {}],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a number that is none', NaN],
    ['a big integer', 1n],
    ['a hole', [undefined]],
    ['a value with a text of its own', { toJSON: () => 1 }],
    ['65,536 characters', 'x'.repeat(65_536)],
  ])('does not let %s through', (_what, value) => {
    expect(isSendable({ ...caller, extra: { value } })).toBe(false);
  });

  it('does not let a circle through, or a resource that is no URL', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(isSendable({ ...caller, extra: circle })).toBe(false);
    expect(isSendable({ ...caller, resource: 'https://a.example' as unknown as URL })).toBe(false);
  });
});
