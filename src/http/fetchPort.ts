import { bytesIn, chunksOf, SHORT_TEXT } from '../wire/chunks.ts';
import { headerPairs } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import { CountedStream } from './countedStream.ts';

/**
 * A web-standard response as a port: a promise of a whole answer, or of an event stream. What a
 * host has not read of the body counts as unread. A short answer is its host's as soon as it is
 * sent: it costs less than the stream that would count it.
 */
export class FetchPort implements ResponsePort {
  readonly response: Promise<Response>;
  #resolve!: (response: Response) => void;
  readonly #extra: readonly string[];
  #stream: CountedStream<Uint8Array> | null = null;
  #isGone = false;
  /** The response is gone, and nothing of it is unread. */
  #isOver = false;
  #callbacks: (() => void)[] = [];

  /**
   * @param signal of the client's end, where there is one
   * @param extra headers of every response, CORS where it is on
   */
  constructor(signal: AbortSignal | undefined, extra: readonly string[]) {
    this.response = new Promise((resolve) => (this.#resolve = resolve));
    this.#extra = extra;
    const onAbort = (): void => {
      // The client left: no news to the host, whose log would have an error for each.
      this.#stream?.drop();
      this.cut();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  }

  send(status: number, headers: readonly string[], body?: string): void {
    if (this.#isGone || this.#stream !== null) return;
    this.#isGone = true;
    if (body === undefined || body.length <= SHORT_TEXT) {
      this.#respond(status, headers, body ?? null);
      return this.#over();
    }
    const chunks = chunksOf(body);
    const stream = this.#begin(status, [...headers, 'Content-Length', String(bytesIn(chunks))]);
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
  }

  open(headers: readonly string[]): void {
    if (!this.#isGone && this.#stream === null) this.#begin(200, headers);
  }

  write(frame: string): void {
    if (this.#isGone || this.#stream === null) return;
    for (const chunk of chunksOf(frame)) this.#stream.write(chunk);
  }

  end(): void {
    if (this.#isGone || this.#stream === null) return;
    this.#isGone = true;
    this.#stream.end();
  }

  cut(): void {
    if (this.#isOver) return;
    this.#isGone = true;
    // Without a head so far: nobody will read the response, but a host may wait for one.
    if (this.#stream === null) this.#respond(499, [], null);
    this.#stream?.cut();
    this.#over();
  }

  get unread(): number {
    return this.#stream?.unread ?? 0;
  }

  drained(): Promise<void> {
    return this.#stream?.drained() ?? Promise.resolve();
  }

  get gone(): boolean {
    return this.#isGone;
  }

  whenGone(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#callbacks.push(callback);
  }

  #begin(status: number, headers: readonly string[]): CountedStream<Uint8Array> {
    this.#stream = new CountedStream(() => this.#over());
    this.#respond(status, headers, this.#stream.readable);
    return this.#stream;
  }

  #respond(status: number, headers: readonly string[], body: BodyInit | null): void {
    const pairs = headerPairs([...headers, ...this.#extra]);
    this.#resolve(new Response(body, { status, headers: pairs }));
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isGone = true;
    this.#isOver = true;
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}
