import { headerPairs } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import { CountedStream } from './countedStream.ts';

const encoder = new TextEncoder();

/** A web-standard response as a port: a promise of a whole answer, or of an event stream. */
export class FetchPort implements ResponsePort {
  readonly response: Promise<Response>;
  #resolve!: (response: Response) => void;
  readonly #extra: readonly string[];
  #stream: CountedStream<Uint8Array> | null = null;
  #isGone = false;
  #callbacks: (() => void)[] = [];

  /** @param extra headers of every response, CORS where it is on */
  constructor(signal: AbortSignal, extra: readonly string[]) {
    this.response = new Promise((resolve) => (this.#resolve = resolve));
    this.#extra = extra;
    const onAbort = (): void => {
      // The client does not read the response, but a host may wait for it.
      this.#resolve(new Response(null, { status: 499 }));
      this.#leave();
    };
    signal.addEventListener('abort', onAbort, { once: true });
  }

  send(status: number, headers: readonly string[], body?: string): void {
    if (this.#isGone) return;
    this.#leave();
    this.#resolve(new Response(body ?? null, { status, headers: this.#pairs(headers) }));
  }

  open(headers: readonly string[]): void {
    this.#stream = new CountedStream(() => this.#leave());
    const body = this.#stream.readable;
    this.#resolve(new Response(body, { status: 200, headers: this.#pairs(headers) }));
  }

  write(frame: string): void {
    if (!this.#isGone) this.#stream?.write(encoder.encode(frame));
  }

  end(): void {
    if (this.#isGone) return;
    this.#stream?.end();
    this.#leave();
  }

  cut(): void {
    if (this.#isGone) return;
    this.#stream?.cut();
    this.#leave();
  }

  get unread(): number {
    return this.#isGone ? 0 : (this.#stream?.unread ?? 0);
  }

  drained(): Promise<void> {
    return this.#stream?.drained() ?? Promise.resolve();
  }

  get gone(): boolean {
    return this.#isGone;
  }

  whenGone(callback: () => void): void {
    if (this.#isGone) callback();
    else this.#callbacks.push(callback);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    for (const callback of this.#callbacks.splice(0)) callback();
    this.#stream?.release();
  }

  #pairs(flat: readonly string[]): [string, string][] {
    return headerPairs([...flat, ...this.#extra]);
  }
}
