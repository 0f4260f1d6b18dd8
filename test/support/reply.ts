import { type SseFrame, sseFrames } from './sseFrames.ts';

/** Any JSON-RPC message, as loosely as a test wants to look into it. */
export interface Rpc {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: number; message: string; data?: Record<string, unknown> };
}

/** A raw HTTP response that may still be arriving: nothing in it is interpreted but on demand. */
export class Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #leave: () => void;
  readonly #waiting = new Set<() => void>();
  #text = '';
  #end: 'ended' | 'broken' | undefined;

  constructor(status: number, headers: Readonly<Record<string, string>>, leave: () => void) {
    this.status = status;
    this.headers = headers;
    this.#leave = leave;
  }

  push(text: string): void {
    this.#text += text;
    this.#changed();
  }

  finish(how: 'ended' | 'broken'): void {
    this.#end ??= how;
    this.#changed();
  }

  /** What has arrived so far. */
  get text(): string {
    return this.#text;
  }

  /** `ended` is a clean end by the server, `broken` a lost connection. */
  get end(): 'ended' | 'broken' | undefined {
    return this.#end;
  }

  get isStream(): boolean {
    return this.headers['content-type'] === 'text/event-stream';
  }

  get frames(): SseFrame[] {
    return sseFrames(this.#text);
  }

  /** The messages of a stream so far, or of a JSON body. */
  get messages(): Rpc[] {
    const texts = this.isStream ? this.frames.map(({ data }) => data) : [this.#text];
    return texts
      .filter((text) => text !== undefined && text !== '')
      .flatMap((text) => JSON.parse(text as string) as Rpc | Rpc[]);
  }

  get message(): Rpc {
    const [first] = this.messages;
    if (first === undefined) throw new Error(`no message in ${JSON.stringify(this.#text)}`);
    return first;
  }

  /** Event ids so far. */
  get ids(): string[] {
    return this.frames.flatMap(({ id }) => (id === undefined ? [] : [id]));
  }

  /** Waits until what has arrived satisfies a test; fails when the response ends before. */
  async until(test: (reply: this) => boolean): Promise<this> {
    while (!test(this)) {
      if (this.#end !== undefined) {
        throw new Error(`response ${this.#end} with ${JSON.stringify(this.#text)}`);
      }
      await this.#next();
    }
    return this;
  }

  /** Waits for the end of the response, whoever brings it about. */
  async whole(): Promise<this> {
    while (this.#end === undefined) await this.#next();
    return this;
  }

  /** The client goes away. */
  leave(): void {
    this.#leave();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
