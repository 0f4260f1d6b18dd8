import { SHORT_TEXT } from '../wire/chunks.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { ExchangeId, FrameOf } from './frame.ts';

/** Longest text of one frame, in bytes. */
export const MAX_PART_BYTES = 256 * 1024;
/** A stream has room for more when its client is behind by so many bytes at most. */
const ROOM_BYTES = 128 * 1024;

/** What an owner says of the answer to an exchange. */
export type AnswerFrame = FrameOf<'send' | 'open' | 'more' | 'end' | 'cut'>;

/** What an owner says of an exchange. */
export type OwnerFrame = AnswerFrame | FrameOf<'ack' | 'nak' | 'lost'>;

/** What a remote port needs of its exchange. */
export interface RemotePortHost {
  /** Sends a frame to the ingress. */
  say(frame: AnswerFrame): void;
  /** The response is gone, and nothing of it is unread. */
  over(): void;
}

/**
 * A response whose client is at another node, as a port: what is written becomes frames, and counts
 * as unread until the other node says that its client has taken it.
 */
export class RemotePort implements ResponsePort {
  readonly #id: ExchangeId;
  readonly #host: RemotePortHost;
  /** The head of a stream that has not left: what is written in the same turn leaves with it. */
  #head: readonly string[] | null = null;
  #hasBegun = false;
  /** What was written in this turn and has not left. */
  #text = '';
  #isFlushDue = false;
  #count = 0;
  #sent = 0;
  #taken = 0;
  #isGone = false;
  #isOver = false;
  #waiting: (() => void)[] = [];
  #callbacks: (() => void)[] = [];

  constructor(id: ExchangeId, host: RemotePortHost) {
    this.#id = id;
    this.#host = host;
  }

  send(status: number, headers: readonly string[], body?: string): void {
    if (this.#isGone || this.#hasBegun) return;
    this.#hasBegun = true;
    this.#isGone = true;
    const id = this.#id;
    if (body === undefined || body.length <= SHORT_TEXT) {
      this.#host.say({ type: 'send', id, status, headers, body });
      return this.#over();
    }
    this.#sent = Buffer.byteLength(body);
    const [first, ...rest] = partsOf(body, this.#sent);
    if (rest.length === 0) return this.#host.say({ type: 'send', id, status, headers, body });
    const all = [...headers, 'Content-Length', String(this.#sent)];
    this.#host.say({ type: 'send', id, status, headers: all, body: first });
    for (const part of rest) this.#more(part);
    this.#host.say({ type: 'end', id, n: this.#count });
  }

  open(headers: readonly string[]): void {
    if (this.#isGone || this.#hasBegun) return;
    this.#hasBegun = true;
    this.#head = headers;
    this.#flushSoon();
  }

  write(frame: string): void {
    if (this.#isGone || !this.#hasBegun || frame === '') return;
    this.#text += frame;
    this.#sent += Buffer.byteLength(frame);
    this.#flushSoon();
  }

  end(): void {
    if (this.#isGone || !this.#hasBegun) return;
    this.#isGone = true;
    this.#flush();
    this.#host.say({ type: 'end', id: this.#id, n: this.#count });
    this.#release();
    this.#look();
  }

  cut(): void {
    if (this.#isOver) return;
    this.#text = '';
    this.#head = null;
    this.#host.say({ type: 'cut', id: this.#id });
    this.#over();
  }

  get unread(): number {
    return this.#isOver ? 0 : this.#sent - this.#taken;
  }

  drained(): Promise<void> {
    if (this.#isGone || this.unread <= ROOM_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get gone(): boolean {
    return this.#isGone;
  }

  whenGone(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#callbacks.push(callback);
  }

  /** The client has taken so many bytes, all in all. */
  took(bytes: number): void {
    this.#taken = Math.max(this.#taken, Math.min(bytes, this.#sent));
    if (this.unread <= ROOM_BYTES) this.#release();
    this.#look();
  }

  /** The client has left, or its node is gone. */
  left(): void {
    this.#text = '';
    this.#head = null;
    this.#over();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  /** Sends what was written. A client with a head and no id of an event could not come back. */
  #flush(): void {
    const parts = partsOf(this.#text, Buffer.byteLength(this.#text));
    this.#text = '';
    if (this.#head !== null) {
      const headers = this.#head;
      this.#head = null;
      this.#host.say({ type: 'open', id: this.#id, headers, body: parts.shift() ?? '' });
    }
    for (const part of parts) this.#more(part);
  }

  #more(body: string): void {
    this.#host.say({ type: 'more', id: this.#id, n: ++this.#count, body });
  }

  #look(): void {
    if (this.#isGone && this.unread === 0) this.#over();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isGone = true;
    this.#isOver = true;
    this.#release();
    this.#host.over();
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

/** A text in parts that a frame takes each; none of an empty text. */
function partsOf(text: string, bytes: number): string[] {
  if (bytes <= MAX_PART_BYTES) return text === '' ? [] : [text];
  // A character of the string takes three bytes at most.
  const most = bytes === text.length ? MAX_PART_BYTES : Math.floor(MAX_PART_BYTES / 3);
  const parts = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + most, text.length);
    // Half of a character would not come through.
    if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}
