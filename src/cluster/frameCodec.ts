import { isUtf8 } from 'node:buffer';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { Frame } from './frame.ts';
import { FRAME_SHAPES, isFrameType } from './frameShapes.ts';

/** What the first byte of a message says: how its frames are written. */
const VERSION = 1;
/** Before each frame: bytes of its header, and of its body. */
const LENGTHS = 8;
/** In the place of a length: there is no body. An empty body is another thing. */
const NO_BODY = 0xffff_ffff;

/** Most frames of one message. */
export const MAX_FRAMES = 4096;
/** Most bytes of a frame's header: everything of the frame but its body. */
const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * Writes a frame: two lengths, a header in JSON, and the body as it is. A body is long, and would be
 * twice as long between quotes.
 *
 * @throws Error for a frame that is no JSON besides its body, or whose header is longer than 1 MiB
 */
export function encodeFrame(frame: Frame): Buffer {
  const { body, ...others } = { body: undefined, ...frame };
  const header = JSON.stringify(others);
  const headerBytes = Buffer.byteLength(header);
  const bodyBytes = body === undefined ? 0 : Buffer.byteLength(body);
  if (headerBytes > MAX_HEADER_BYTES) throw new Error('The header of a frame is too long');
  const bytes = Buffer.allocUnsafe(LENGTHS + headerBytes + bodyBytes);
  bytes.writeUInt32BE(headerBytes, 0);
  bytes.writeUInt32BE(body === undefined ? NO_BODY : bodyBytes, 4);
  bytes.write(header, LENGTHS, 'utf8');
  if (body !== undefined) bytes.write(body, LENGTHS + headerBytes, 'utf8');
  return bytes;
}

/** Makes one message of encoded frames, {@link MAX_FRAMES} at most. */
export function joinFrames(encoded: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(VERSION), ...encoded]);
}

/**
 * Reads the frames of a message, in order. Frames of types that this release does not know are left
 * out, and so are unknown members.
 *
 * @throws Error for a message that no node has written, or one of another version
 */
export function decodeFrames(message: Buffer): Frame[] {
  if (message[0] !== VERSION) throw new Error('The message is of another version');
  const frames: Frame[] = [];
  let count = 0;
  for (let at = 1; at < message.length;) {
    if (++count > MAX_FRAMES) throw new Error('The message has too many frames');
    const { header, body, end } = partsAt(message, at);
    const frame = frameOf(header, body);
    if (frame !== undefined) frames.push(frame);
    at = end;
  }
  return frames;
}

interface Parts {
  readonly header: Buffer;
  readonly body: Buffer | undefined;
  readonly end: number;
}

function partsAt(message: Buffer, at: number): Parts {
  if (message.length - at < LENGTHS) throw new Error('The message ends in a frame');
  const headerBytes = message.readUInt32BE(at);
  const bodyBytes = message.readUInt32BE(at + 4);
  if (headerBytes > MAX_HEADER_BYTES) throw new Error('The header of a frame is too long');
  const bodyAt = at + LENGTHS + headerBytes;
  const end = bodyAt + (bodyBytes === NO_BODY ? 0 : bodyBytes);
  if (end > message.length) throw new Error('The message ends in a frame');
  const header = message.subarray(at + LENGTHS, bodyAt);
  return { header, body: bodyBytes === NO_BODY ? undefined : message.subarray(bodyAt, end), end };
}

function frameOf(header: Buffer, body: Buffer | undefined): Frame | undefined {
  const members: unknown = JSON.parse(textOf(header));
  if (typeof members !== 'object' || members === null) throw new Error('A frame has no header');
  const given: Record<string, unknown> = { ...members };
  given['body'] = body === undefined ? undefined : textOf(body);
  const { type } = given;
  if (typeof type !== 'string') throw new Error('A frame has no type');
  if (!isFrameType(type)) return undefined;
  const frame: Record<string, unknown> = { type };
  for (const [name, has] of Object.entries(FRAME_SHAPES[type])) {
    const value = given[name];
    if (!has(value)) throw new Error(`A frame has no right ${name}`);
    frame[name] = name === 'authInfo' ? authInfoOf(value as SentAuthInfo | undefined) : value;
  }
  return frame as Frame;
}

/** An {@link AuthInfo} as JSON has it. */
type SentAuthInfo = Omit<AuthInfo, 'resource'> & { readonly resource?: string };

function authInfoOf(sent: SentAuthInfo | undefined): AuthInfo | undefined {
  if (sent === undefined) return undefined;
  const { resource, ...others } = sent;
  return resource === undefined ? others : { ...others, resource: new URL(resource) };
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error('A frame is no text');
  return bytes.toString('utf8');
}
