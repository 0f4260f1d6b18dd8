import type { SessionServer } from '../session/session.ts';
import type { ServerTransport } from '../session/transport.ts';
import {
  isRequest,
  isRequestId,
  isResponse,
  type Message,
  type RequestId,
} from '../wire/jsonrpc.ts';
import { refusal, type RefusalCode } from '../wire/refusals.ts';
import type { Backend, Hearer, StreamOf } from './backend.ts';
import { Backpressure } from './backpressure.ts';
import { passed } from './passed.ts';
import { MAX_QUESTIONS, Relations } from './relations.ts';

/**
 * A session's server that stands in for the server behind the gateway. The bridge changes no
 * message, and answers a request only where the server behind can not.
 */
export class Bridge implements SessionServer, Hearer {
  readonly #backend: Backend;
  /** The key of the session. */
  readonly #key: string;
  /** Requests that wait for an answer: the client's, `initialize`, and those of a replay. */
  readonly #asked = new Set<RequestId>();
  readonly #relations = new Relations();
  readonly #backpressure = new Backpressure();
  #transport: ServerTransport | null = null;
  #handshake: RequestId | undefined;

  constructor(backend: Backend, key: string) {
    this.#backend = backend;
    this.#key = key;
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message, extra) => this.#take(message as Message, extra !== undefined);
    await transport.start();
    await this.#backend.start(this);
  }

  /** Does not wait: the session owns the backend and waits for its end. */
  async close(): Promise<void> {
    this.#transport = null;
    void this.#backend.close();
  }

  heard(message: Message, bytes: number, stream?: StreamOf): void {
    const transport = this.#transport;
    if (transport === null) return;
    passed(this.#key, 'in', message, bytes);
    if (isResponse(message)) {
      const meant = this.#meant(message.id);
      if (meant !== undefined) return this.unanswered(meant);
      if (message.id === this.#handshake) this.#backend.greeted(message);
      this.#settled(message.id);
      this.#backpressure.sent(transport.send(message));
    } else if (isRequest(message) && this.#relations.questions >= MAX_QUESTIONS) {
      this.#backend.send(refusal('session-busy', message.id));
    } else {
      const relatedRequestId = this.#relations.of(message, transport.isReachable, stream);
      const options = relatedRequestId === undefined ? {} : { relatedRequestId };
      this.#backpressure.sent(transport.send(message, options));
    }
  }

  /** The request that an answer names by a text for its number, or by a number for its text. */
  #meant(id: RequestId): RequestId | undefined {
    if (this.#asked.has(id)) return undefined;
    const other = typeof id === 'number' ? String(id) : Number(id);
    return this.#asked.has(other) ? other : undefined;
  }

  isAsked(id: RequestId): boolean {
    return this.#asked.has(id);
  }

  unanswered(id: RequestId, status?: number): void {
    const data = status === undefined ? undefined : { status };
    if (this.#asked.has(id)) this.#answer(id, 'server-unanswered', data);
  }

  pause(): Promise<void> | undefined {
    return this.#backpressure.allTaken();
  }

  /** Takes a message of the client. @param isClients `false` for one that is replayed at a wake */
  #take(message: Message, isClients: boolean): void {
    if (isRequest(message)) {
      if (this.#backend.isBehind) return this.#answer(message.id, 'session-busy');
      this.#asked.add(message.id);
      if (message.method === 'initialize') this.#handshake = message.id;
      else if (isClients) this.#relations.asked(message);
    } else if (isResponse(message)) {
      this.#relations.answered(message.id);
    } else if (message.method === 'notifications/cancelled') {
      const id = message.params?.['requestId'];
      if (isRequestId(id)) this.#settled(id);
    }
    this.#backend.send(message);
  }

  #answer(id: RequestId, code: RefusalCode, data?: Record<string, unknown>): void {
    this.#settled(id);
    void this.#transport?.send(refusal(code, id, data));
  }

  #settled(id: RequestId): void {
    this.#asked.delete(id);
    this.#relations.settled(id);
    this.#backend.settled(id);
  }
}
