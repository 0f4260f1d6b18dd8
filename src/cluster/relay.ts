import { SHORT_TEXT } from '../wire/chunks.ts';
import type { ResponsePort } from '../wire/port.ts';
import { LastEvent } from './lastEvent.ts';
import type { AnswerFrame } from './remotePort.ts';

/** Bytes that a client has taken and its owner does not know of yet. */
const CREDIT_BYTES = 64 * 1024;

interface Whole {
  readonly status: number;
  readonly headers: readonly string[];
  readonly parts: string[];
}

/** Passes the answer to one exchange on to its client, as the owner's frames come in. */
export class Relay {
  readonly #port: ResponsePort;
  readonly lastEvent: LastEvent;
  /** A long answer that is coming in parts; `null` where there is none. */
  #whole: Whole | null = null;
  #isOpen = false;
  #isDone = false;
  #isCut = false;
  #seen = 0;
  #given = 0;
  #told = 0;

  /** @param lastEventId of the event that the client has named, where it came for the rest of a stream */
  constructor(port: ResponsePort, lastEventId: string | undefined) {
    this.#port = port;
    this.lastEvent = new LastEvent(lastEventId);
  }

  /** The head of a stream has gone out: the client reads. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** All has come: the client may still read. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Bytes that the owner does not know the client has. */
  get untold(): number {
    return this.#given - this.#told;
  }

  /** Takes a frame of the answer. `gap`: frames before it are lost, or it is not of this answer. */
  take(frame: AnswerFrame): 'taken' | 'gap' {
    if (frame.type === 'cut') this.#cut();
    else if (!this.#isDone) return this.#read(frame);
    return 'taken';
  }

  /** Drops what came of an answer of which nothing has gone out. */
  reset(): void {
    this.#whole = null;
    this.#seen = 0;
  }

  /** Bytes that the owner is to be told the client has taken; `undefined`: too few to tell. */
  credit(least = CREDIT_BYTES): number | undefined {
    if (this.#isCut) return undefined;
    const taken = Math.max(this.#given - this.#port.unread, 0);
    if (taken - this.#told < least) return undefined;
    this.#told = taken;
    return taken;
  }

  #read(frame: Exclude<AnswerFrame, { readonly type: 'cut' }>): 'taken' | 'gap' {
    const hasBegun = this.#isOpen || this.#whole !== null;
    if (frame.type === 'send') {
      if (!hasBegun) this.#send(frame.status, frame.headers, frame.body);
    } else if (frame.type === 'open') {
      if (!hasBegun) this.#open(frame.headers, frame.body);
    } else if (!hasBegun) return 'gap';
    else if (frame.type === 'more') return this.#more(frame.n, frame.body);
    else if (frame.n !== this.#seen) return 'gap';
    else this.#end();
    return 'taken';
  }

  #send(status: number, headers: readonly string[], body: string | undefined): void {
    const at = headers.indexOf('Content-Length');
    if (at >= 0) {
      this.#whole = { status, headers: headers.toSpliced(at, 2), parts: [body ?? ''] };
      return;
    }
    this.#isDone = true;
    if (body !== undefined && body.length > SHORT_TEXT) this.#given = Buffer.byteLength(body);
    this.#port.send(status, headers, body);
  }

  #open(headers: readonly string[], body: string): void {
    this.#isOpen = true;
    this.#port.open(headers);
    this.#write(body);
  }

  #more(n: number, body: string): 'taken' | 'gap' {
    // Without a body, it tells how many there were.
    if (body === '' ? n > this.#seen : n > this.#seen + 1) return 'gap';
    if (n <= this.#seen) return 'taken';
    this.#seen = n;
    if (this.#whole === null) this.#write(body);
    else this.#whole.parts.push(body);
    return 'taken';
  }

  #end(): void {
    this.#isDone = true;
    if (this.#whole === null) return this.#port.end();
    const { status, headers, parts } = this.#whole;
    this.#whole = null;
    const body = parts.join('');
    this.#given = Buffer.byteLength(body);
    this.#port.send(status, headers, body);
  }

  #cut(): void {
    this.#isDone = true;
    this.#isCut = true;
    this.#port.cut();
  }

  #write(text: string): void {
    if (text === '') return;
    this.#given += Buffer.byteLength(text);
    this.lastEvent.saw(text);
    this.#port.write(text);
  }
}
