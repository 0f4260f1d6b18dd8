import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { systemClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import type { SessionServer } from '../session/session.ts';
import type { ServerTransport } from '../session/transport.ts';
import {
  isRequest,
  isRequestId,
  isResponse,
  type Message,
  type RequestId,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';
import { refusal, type RefusalCode } from '../wire/refusals.ts';
import type { SessionLog } from './log.ts';
import { Backpressure } from './backpressure.ts';
import { passed } from './passed.ts';
import { MAX_QUESTIONS } from './relations.ts';
import { Remote, type RemoteReader, type RemoteSettings } from './remote.ts';

/**
 * Messages the remote server has not taken yet. Beyond, requests are refused; twice as many crash
 * the session.
 */
const MAX_PENDING = 256;
/** How long a response that ended without an answer may take to be resumed, or to be read. */
const RESUME_MS = 15_000;
const READ_MS = 1000;
const NOT_FOUND = 404;

/** A session's server that is a session on a remote server. */
export class UpstreamBridge implements SessionServer, RemoteReader {
  readonly remote: Remote;
  readonly #log: SessionLog;
  /** Requests of the client and of the replay that wait for the remote server's answer. */
  readonly #asked = new Set<RequestId>();
  /** Requests whose own stream the client reads: not `initialize`, not those replayed at a wake. */
  readonly #read = new Set<RequestId>();
  readonly #resumable = new Set<RequestId>();
  readonly #lost = new Map<RequestId, unknown>();
  readonly #questions = new Set<RequestId>();
  readonly #backpressure = new Backpressure();
  #transport: ServerTransport | null = null;
  #handshake: RequestId | undefined;
  #isReady = false;
  #pending = 0;
  /** Set while `notifications/initialized` is being sent: no later message overtakes it. */
  #opening: Promise<void> | undefined;

  constructor(settings: RemoteSettings, log: SessionLog) {
    this.remote = new Remote(settings);
    this.#log = log;
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message, extra) => this.#hear(message as Message, extra !== undefined);
    await transport.start();
    await this.remote.start(this);
  }

  /** Does not wait: the session owns the remote session and waits for its end. */
  async close(): Promise<void> {
    this.#transport = null;
    for (const timer of this.#lost.values()) systemClock.clearTimeout(timer);
    void this.remote.close();
  }

  // ---- from the client

  #hear(message: Message, isClients: boolean): void {
    let cancelled: RequestId | undefined;
    if (isRequest(message)) {
      if (this.#pending >= MAX_PENDING) return this.#answer(message.id, 'session-busy');
      this.#asked.add(message.id);
      if (message.method === 'initialize') this.#handshake = message.id;
      else if (isClients) this.#read.add(message.id);
    } else if (isResponse(message)) {
      this.#questions.delete(message.id);
    } else if (message.method === 'notifications/cancelled') {
      const id = message.params?.['requestId'];
      if (isRequestId(id)) this.#settled((cancelled = id));
    }
    if (this.#pending >= 2 * MAX_PENDING) return this.#lose('does not take what it is sent');
    const sent = this.#send(message);
    if (cancelled !== undefined) void sent.then(() => this.remote.hangUp(cancelled));
  }

  async #send(message: Message): Promise<void> {
    this.#pending++;
    try {
      await this.#opening;
      const sent = this.#pass(message);
      if ('method' in message && message.method === 'notifications/initialized') {
        this.#opening = sent.catch(() => {}).then(() => (this.#opening = undefined));
      }
      await sent;
    } catch (error) {
      this.#failed(message, error);
    } finally {
      this.#pending--;
    }
  }

  #pass(message: Message): Promise<void> {
    passed(this.#log.key, 'out', message, 0);
    if (!isRequest(message)) return this.remote.send(message, undefined);
    const { id } = message;
    return this.remote.send(message, id, () => this.#resumable.add(id));
  }

  #failed(message: Message, error: unknown): void {
    if (this.#isReady && error instanceof StreamableHTTPError && error.code === NOT_FOUND) {
      this.#lose('no longer knows the session', error);
    } else if (!this.#isReady && isRequest(message)) {
      this.#lose('could not be reached', error);
    } else if (isRequest(message)) {
      this.#answer(message.id, 'server-unanswered');
    }
  }

  #lose(what: string, cause?: unknown): void {
    this.#log.write('gateway', `the remote server ${what}`);
    const code = this.#isReady ? 'server-ended' : 'start-failed';
    this.remote.fail(new ActorsError(code, `the remote server ${what}`, { cause }));
  }

  // ---- from the remote server

  heard(message: Message, carrier: RequestId | undefined): void {
    const transport = this.#transport;
    if (transport === null) return;
    passed(this.#log.key, 'in', message, 0);
    if (isResponse(message)) {
      if (message.id === this.#handshake) this.#greeted(message);
      this.#settled(message.id);
      this.#backpressure.sent(transport.send(message as never));
      return;
    }
    if (isRequest(message)) {
      if (this.#questions.size >= MAX_QUESTIONS) {
        void this.#send(refusal('session-busy', message.id));
        return;
      }
      this.#questions.add(message.id);
    }
    const relatedRequestId = this.#related(carrier, transport.isReachable);
    const options = relatedRequestId === undefined ? {} : { relatedRequestId };
    this.#backpressure.sent(transport.send(message, options));
  }

  opened(carrier: RequestId): void {
    systemClock.clearTimeout(this.#lost.get(carrier));
    this.#lost.delete(carrier);
  }

  ended(carrier: RequestId): void {
    if (!this.#asked.has(carrier) || this.#transport === null) return;
    const waitMs = this.#resumable.has(carrier) ? RESUME_MS : READ_MS;
    const giveUp = (): void => this.#answer(carrier, 'server-unanswered');
    this.opened(carrier);
    this.#lost.set(carrier, systemClock.setTimeout(giveUp, waitMs));
  }

  isAsked(carrier: RequestId): boolean {
    return this.#asked.has(carrier);
  }

  pause(): Promise<void> | undefined {
    return this.#backpressure.allTaken();
  }

  troubled({ message }: Error): void {
    if (!this.remote.isClosing) this.#log.write('gateway', message);
  }

  #greeted({ result }: ResponseMessage): void {
    const version = result?.['protocolVersion'];
    if (typeof version !== 'string') return;
    this.#isReady = true;
    this.remote.protocolVersion = version;
  }

  /** Messages of the session's stream go there; where no client reads it, to the newest request. */
  #related(carrier: RequestId | undefined, isReachable: boolean): RequestId | undefined {
    if (carrier !== undefined && this.#read.has(carrier)) return carrier;
    let newest: RequestId | undefined;
    if (!isReachable) for (const id of this.#read) newest = id;
    return newest;
  }

  #answer(id: RequestId, code: RefusalCode): void {
    this.#settled(id);
    void this.#transport?.send(refusal(code, id) as never);
  }

  #settled(id: RequestId): void {
    this.opened(id);
    this.#asked.delete(id);
    this.#read.delete(id);
    this.#resumable.delete(id);
  }
}
