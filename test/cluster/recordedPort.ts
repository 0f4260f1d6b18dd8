import type { ResponsePort } from '../../src/wire/port.ts';

/** A client's port that keeps what became of its response. A client that is slow takes nothing. */
export class RecordedPort implements ResponsePort {
  status: number | undefined;
  headers: readonly string[] = [];
  body = '';
  heads = 0;
  isEnded = false;
  isCut = false;
  /** Whole answers, heads of streams, ends and cuts that came too late. */
  readonly late: string[] = [];
  #isSlow = false;
  #unread = 0;
  #hasLeft = false;
  readonly #callbacks: (() => void)[] = [];

  send(status: number, headers: readonly string[], body = ''): void {
    if (this.#isTold('send')) return;
    if (this.heads > 0) return void this.late.push('send');
    this.status = status;
    this.headers = headers;
    this.#take(body);
    this.end();
  }

  open(headers: readonly string[]): void {
    if (this.#isTold('open')) return;
    this.heads++;
    this.status = 200;
    this.headers = headers;
  }

  write(frame: string): void {
    if (!this.#isTold('write')) this.#take(frame);
  }

  end(): void {
    if (this.#isTold('end')) return;
    this.isEnded = true;
    this.#look();
  }

  cut(): void {
    this.isCut = true;
    this.#unread = 0;
    this.#over();
  }

  get unread(): number {
    return this.#unread;
  }

  async drained(): Promise<void> {}

  get gone(): boolean {
    return this.isEnded || this.isCut || this.#hasLeft;
  }

  whenGone(callback: () => void): void {
    if (this.gone && this.#unread === 0) callback();
    else this.#callbacks.push(callback);
  }

  /** The client takes nothing from here on. */
  slow(): void {
    this.#isSlow = true;
  }

  /** The client takes bytes that wait. */
  read(bytes: number): void {
    this.#unread = Math.max(this.#unread - bytes, 0);
    this.#look();
  }

  leave(): void {
    this.#hasLeft = true;
    this.#unread = 0;
    this.#over();
  }

  /** The JSON of a whole answer. */
  get json(): unknown {
    return JSON.parse(this.body);
  }

  /** How many times the response came to its last word. */
  get ends(): number {
    return Number(this.isEnded || this.isCut) + this.late.length;
  }

  #take(text: string): void {
    this.body += text;
    if (this.#isSlow) this.#unread += Buffer.byteLength(text);
  }

  #isTold(what: string): boolean {
    if (this.gone && !this.#hasLeft) this.late.push(what);
    return this.gone;
  }

  #look(): void {
    if (this.isEnded && this.#unread === 0) this.#over();
  }

  #over(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}
