import { systemClock } from '../../base/clock.ts';
import { Mismatch } from '../mismatch.ts';
import { eventData } from './eventData.ts';

/** A JSON-RPC message as the server sent it, unchecked. */
export interface WireMessage {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/** Longest response that is kept, in characters: more than a test of sessions can want. */
const MAX_CHARACTERS = 8 * 2 ** 20;
const SHOWN_CHARACTERS = 160;

/** A response that may not have begun, and may go on arriving. */
export class Reply {
  /** The request that is answered, for reports. */
  readonly to: string;
  readonly #timeoutMs: number;
  readonly #abort: () => void;
  readonly #waiting = new Set<() => void>();
  #status: number | undefined;
  #headers: Readonly<Record<string, unknown>> = {};
  #text = '';
  #end: string | undefined;

  constructor(to: string, timeoutMs: number, abort: () => void) {
    this.to = to;
    this.#timeoutMs = timeoutMs;
    this.#abort = abort;
  }

  /** Status of the response; `undefined` until its head is here. */
  get status(): number | undefined {
    return this.#status;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  get isStream(): boolean {
    return this.header('content-type')?.startsWith('text/event-stream') ?? false;
  }

  /** Neither side has ended the response. */
  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** The messages so far. @throws Mismatch where the body is not JSON-RPC */
  get messages(): WireMessage[] {
    // A JSON body is read when it is whole.
    if (!this.isStream && this.isOpen) return [];
    const texts = this.isStream ? eventData(this.#text) : [this.#text];
    return texts.filter((text) => text.trim() !== '').flatMap((text) => this.#parse(text));
  }

  /** The responses among the messages, whatever requests they answer. */
  get answers(): WireMessage[] {
    return this.messages.filter(({ method, id }) => method === undefined && id !== undefined);
  }

  begin(status: number, headers: Readonly<Record<string, unknown>>): void {
    this.#status = status;
    this.#headers = headers;
    this.#changed();
  }

  push(text: string): void {
    this.#text += text;
    if (this.#text.length > MAX_CHARACTERS) {
      this.finish(`cut by the test after ${MAX_CHARACTERS} characters`);
      this.#abort();
    }
    this.#changed();
  }

  /** Notes that the response is over. @param how the way it ended, for reports */
  finish(how: string): void {
    this.#end ??= how;
    this.#changed();
  }

  /** Breaks the response off, as a client that goes away. */
  leave(): void {
    this.finish('left by the client');
    this.#abort();
  }

  /** Waits for the head of the response. */
  async head(): Promise<this> {
    return this.until('a response', () => this.#status !== undefined);
  }

  /** Waits for the end of the response. */
  async whole(): Promise<this> {
    return this.until('the end of the response', () => !this.isOpen && this.#status !== undefined);
  }

  /**
   * Waits until a test of the response holds.
   *
   * @throws Mismatch where the response ends before, or where nothing more comes in time
   */
  async until(expected: string, test: (reply: this) => boolean): Promise<this> {
    let isLate = false;
    const timer = systemClock.setTimeout(() => {
      isLate = true;
      this.#changed();
    }, this.#timeoutMs);
    try {
      while (!test(this)) {
        if (isLate) throw new Mismatch(expected, `${this.describe()}, and no more in time`);
        if (!this.isOpen) throw new Mismatch(expected, this.describe());
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
      return this;
    } finally {
      systemClock.clearTimeout(timer);
    }
  }

  /** What came of the response so far, in one line. */
  describe(): string {
    const text = this.isStream ? eventData(this.#text).join(' ') : this.#text.trim();
    const body = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
    const what = this.isStream ? 'an event stream' : body === '' ? 'no body' : 'a body';
    const head = this.#status === undefined ? 'no response' : `${this.#status} with ${what}`;
    const end = this.isOpen ? 'still open' : this.#end;
    return `${head}${body === '' ? '' : ` ${body}`} to ${this.to} (${end})`;
  }

  #parse(text: string): WireMessage[] {
    try {
      const value: unknown = JSON.parse(text);
      return (Array.isArray(value) ? value : [value]) as WireMessage[];
    } catch {
      throw new Mismatch('JSON-RPC', this.describe());
    }
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
