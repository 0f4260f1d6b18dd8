import type { Reply, Rpc } from '../reply.ts';

/** What a client has heard of one response: until it left, or the process behind it died. */
export class Heard {
  readonly #leaving: AbortController;
  #reply: Reply | undefined;
  #frozen: { messages: Rpc[]; ids: string[] } | undefined;

  constructor(send: (signal: AbortSignal) => Promise<Reply>) {
    this.#leaving = new AbortController();
    void this.#hear(send(this.#leaving.signal));
  }

  /** `undefined` before there is a head, and for who did not wait for it. */
  get status(): number | undefined {
    return this.isOver && this.#reply?.status === 499 ? undefined : this.#reply?.status;
  }

  get sessionId(): string | undefined {
    return this.#reply?.headers['mcp-session-id'];
  }

  get isStream(): boolean {
    return this.#reply?.isStream === true;
  }

  /** Its client has left, or its process died. */
  get isOver(): boolean {
    return this.#frozen !== undefined;
  }

  get hasEnded(): boolean {
    return this.#reply?.end !== undefined;
  }

  get messages(): readonly Rpc[] {
    return this.#frozen?.messages ?? (this.#hasArrived ? (this.#reply?.messages ?? []) : []);
  }

  get lastId(): string | undefined {
    return (this.#frozen?.ids ?? this.#reply?.ids ?? []).at(-1);
  }

  /** Nothing more is heard of it. */
  freeze(): void {
    this.#frozen ??= { messages: [...this.messages], ids: [...(this.#reply?.ids ?? [])] };
  }

  leave(): void {
    this.freeze();
    this.#leaving.abort();
    this.#reply?.leave();
  }

  async #hear(sent: Promise<Reply>): Promise<void> {
    // A client that leaves hears of nothing.
    this.#reply = await sent.catch(() => undefined);
    // It left before there was anything to leave.
    if (this.isOver) this.#reply?.leave();
  }

  /** Enough of it to be read. */
  get #hasArrived(): boolean {
    return this.isStream || this.hasEnded;
  }
}
