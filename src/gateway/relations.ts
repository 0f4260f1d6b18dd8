import {
  isRequest,
  isRequestId,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from '../wire/jsonrpc.ts';

/** Questions of one server that may wait for its client's answers. */
export const MAX_QUESTIONS = 256;

/**
 * Which of the client's requests a word of the server belongs to.
 *
 * A pipe carries no answer to that, and a client of Streamable HTTP reads the stream of its request
 * and, if it opened one, the session's. So progress goes by its token; the rest belongs to the only
 * request in flight where there is one, else to the session, and where nobody reads that, to the
 * newest request: better there than nowhere.
 */
export class Relations {
  /** Requests in flight, oldest first, with their progress tokens. */
  readonly #asks = new Map<RequestId, RequestId | undefined>();
  readonly #tokens = new Map<RequestId, RequestId>();
  /** The server's own requests, with what they were related to. */
  readonly #questions = new Map<RequestId, RequestId | undefined>();

  /** Questions of the server that wait for the client. */
  get questions(): number {
    return this.#questions.size;
  }

  /** The client asks. */
  asked({ id, params }: RequestMessage): void {
    const meta = params?.['_meta'] as { progressToken?: unknown } | undefined;
    const token = isRequestId(meta?.progressToken) ? meta.progressToken : undefined;
    this.#asks.set(id, token);
    if (token !== undefined) this.#tokens.set(token, id);
  }

  /** A request was answered, or the client no longer wants it; `false` when it is none of ours. */
  settled(id: RequestId): boolean {
    const token = this.#asks.get(id);
    if (token !== undefined && this.#tokens.get(token) === id) this.#tokens.delete(token);
    return this.#asks.delete(id);
  }

  /** The client answered a question of the server. */
  answered(id: RequestId): void {
    this.#questions.delete(id);
  }

  /** The request something the server says belongs to; `undefined` is the session itself. */
  of(message: RequestMessage | NotificationMessage, isReachable: boolean): RequestId | undefined {
    if (isRequest(message)) {
      const related = this.#likely(isReachable);
      this.#questions.set(message.id, related);
      return related;
    }
    switch (message.method) {
      case 'notifications/progress':
        return this.#byToken(message.params?.['progressToken']);
      case 'notifications/cancelled':
        return this.#byQuestion(message.params?.['requestId']);
      default:
        return this.#likely(isReachable);
    }
  }

  #byToken(token: unknown): RequestId | undefined {
    return isRequestId(token) ? this.#tokens.get(token) : undefined;
  }

  /** A question is withdrawn where it was put. */
  #byQuestion(id: unknown): RequestId | undefined {
    if (!isRequestId(id)) return undefined;
    const related = this.#questions.get(id);
    this.#questions.delete(id);
    return related !== undefined && this.#asks.has(related) ? related : undefined;
  }

  #likely(isReachable: boolean): RequestId | undefined {
    if (this.#asks.size !== 1 && isReachable) return undefined;
    let newest: RequestId | undefined;
    for (const id of this.#asks.keys()) newest = id;
    return newest;
  }
}
