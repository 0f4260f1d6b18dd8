import {
  isRequest,
  isRequestId,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from '../wire/jsonrpc.ts';
import type { StreamOf } from './backend.ts';

type Ask = RequestMessage | NotificationMessage;

/** Requests of one server that may wait for its client's answers at once. */
export const MAX_QUESTIONS = 256;

/**
 * Finds which of the client's requests a message of the server belongs to.
 *
 * A pipe does not say, and a client of Streamable HTTP reads the stream of its request and, if it
 * opened one, the session's. So progress goes by its token. Any other message belongs to the only
 * request in flight where there is one, else to the session; and where no client reads the
 * session's stream, to the newest request, so that the message is read at all.
 */
export class Relations {
  /** Requests of the client in flight, oldest first, with their progress tokens. */
  readonly #asks = new Map<RequestId, RequestId | undefined>();
  readonly #tokens = new Map<RequestId, RequestId>();
  /** The server's own requests, with the client's request each is related to. */
  readonly #questions = new Map<RequestId, RequestId | undefined>();

  /** How many requests of the server wait for the client's answer. */
  get questions(): number {
    return this.#questions.size;
  }

  /** Notes a request of the client. */
  asked({ id, params }: RequestMessage): void {
    const meta = params?.['_meta'] as { progressToken?: unknown } | undefined;
    const token = isRequestId(meta?.progressToken) ? meta.progressToken : undefined;
    this.#asks.set(id, token);
    if (token !== undefined) this.#tokens.set(token, id);
  }

  /** Notes that a request was answered or cancelled. */
  settled(id: RequestId): void {
    const token = this.#asks.get(id);
    if (token !== undefined && this.#tokens.get(token) === id) this.#tokens.delete(token);
    this.#asks.delete(id);
  }

  /** Notes the client's answer to a request of the server. */
  answered(id: RequestId): void {
    this.#questions.delete(id);
  }

  /**
   * The client's request that a server's message belongs to; `undefined` is the session itself.
   *
   * @param stream the stream the message came on, where the server says so
   */
  of(message: Ask, isReachable: boolean, stream?: StreamOf): RequestId | undefined {
    const related =
      stream === undefined ? this.#guess(message, isReachable) : this.#on(stream, isReachable);
    if (isRequest(message)) this.#questions.set(message.id, related);
    return related;
  }

  /** A message on no stream that the client reads is like one of the session. */
  #on({ carrier }: StreamOf, isReachable: boolean): RequestId | undefined {
    if (carrier !== undefined && this.#asks.has(carrier)) return carrier;
    return isReachable ? undefined : this.#newest;
  }

  #guess({ method, params }: Ask, isReachable: boolean): RequestId | undefined {
    if (method === 'notifications/progress') {
      return this.#tokens.get(params?.['progressToken'] as RequestId);
    }
    if (method === 'notifications/cancelled') return this.#byQuestion(params?.['requestId']);
    return this.#asks.size !== 1 && isReachable ? undefined : this.#newest;
  }

  /** A cancellation goes to the stream that carried the server's request. */
  #byQuestion(id: unknown): RequestId | undefined {
    if (!isRequestId(id)) return undefined;
    const related = this.#questions.get(id);
    this.#questions.delete(id);
    return related !== undefined && this.#asks.has(related) ? related : undefined;
  }

  get #newest(): RequestId | undefined {
    return Array.from(this.#asks.keys()).at(-1);
  }
}
