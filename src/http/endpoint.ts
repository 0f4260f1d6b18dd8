import { SessionActor } from '../session/sessionActor.ts';
import { Channel, extraOf, type Wire } from '../adapters/channel.ts';
import { Delivery } from './delivery.ts';
import { type Origin } from '../session/exchange.ts';
import type { RuntimeEventName } from '../events/events.ts';
import { ActorsError } from '../base/errors.ts';
import { openStream } from './openStream.ts';
import { HttpExchange } from './httpExchange.ts';
import { Lookup } from './lookup.ts';
import type { Services } from '../events/services.ts';
import { count } from '../events/counters.ts';
import { endUpload, type Upload } from '../session/upload.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import {
  allowsBatch,
  type Body,
  isInitialize,
  isProbe,
  type Parcel,
  readBody,
} from '../wire/body.ts';
import { corsHeaders, preflightHeaders } from '../wire/cors.ts';
import {
  acceptsBoth,
  accepts,
  header,
  isJson,
  prefersStream,
  type RequestHead,
} from '../wire/headers.ts';
import { isRequest, type RequestId, type RequestMessage } from '../wire/jsonrpc.ts';
import { OriginRules } from '../wire/origin.ts';
import type { ResponsePort } from '../wire/port.ts';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import { isSupported } from '../wire/versions.ts';

/**
 * Streamable HTTP in the order of its checks: what is cheap and says most comes first, and nothing
 * is allocated for a session before the last one.
 */
export class Endpoint {
  readonly #supervisor: Supervisor<SessionActor>;
  readonly #rules: OriginRules;
  readonly #lookup: Lookup;

  constructor(supervisor: Supervisor<SessionActor>) {
    this.#supervisor = supervisor;
    const { allowedHosts, allowedOrigins } = supervisor.services.settings;
    this.#rules = new OriginRules(allowedHosts, allowedOrigins);
    this.#lookup = new Lookup(supervisor, {
      refuse: (...refusal) => this.refuse(...refusal),
      failed: (error) => this.#failed(error),
    });
  }

  /** The settings, counters and deadlines an adapter shares with the sessions. */
  get services(): Services {
    return this.#supervisor.services;
  }

  get maxBodyBytes(): number {
    return this.services.settings.maxBodyBytes;
  }

  /** The cap on sessions is reached. */
  get isFull(): boolean {
    return this.#supervisor.isFull;
  }

  /** How many listen to an event of this runtime. */
  listeners(name: RuntimeEventName): number {
    return this.#supervisor.services.events.listeners(name);
  }

  /** Checks everything that can be checked before a body is read. */
  screen(head: RequestHead): RefusalCode | undefined {
    const foreign = this.admits(head);
    if (foreign !== undefined) return foreign;
    switch (head.method) {
      case 'POST': {
        if (!isJson(header(head, 'content-type'))) return 'unsupported-media-type';
        if (!acceptsBoth(header(head, 'accept'))) return 'not-acceptable';
        return this.#declared(head);
      }
      case 'GET':
        return accepts(header(head, 'accept'), 'text/event-stream') ? undefined : 'not-acceptable';
      case 'DELETE':
        return this.#supervisor.services.settings.allowDelete ? undefined : 'method-not-allowed';
      default:
        return 'method-not-allowed';
    }
  }

  /** The same for a message that is answered elsewhere, whatever its client accepts (row H1). */
  screenMessage(head: RequestHead): RefusalCode | undefined {
    const foreign = this.admits(head);
    if (foreign !== undefined) return foreign;
    return isJson(header(head, 'content-type')) ? this.#declared(head) : 'unsupported-media-type';
  }

  /** Headers for a page of an allowed origin, where `cors` is on; none otherwise. */
  cors(head: RequestHead): readonly string[] {
    return this.services.settings.cors ? corsHeaders(this.#rules, head) : [];
  }

  /** Answers a preflight where `cors` is on (row T2); `false` where it is not one of ours. */
  preflight(head: RequestHead, port: ResponsePort): boolean {
    if (head.method !== 'OPTIONS' || this.cors(head).length === 0) return false;
    // The port adds the headers that every response to a page gets.
    port.send(204, preflightHeaders(this.#methods));
    return true;
  }

  refuse(
    port: ResponsePort,
    code: RefusalCode,
    id?: RequestId,
    data?: Record<string, unknown>,
  ): void {
    const { counters } = this.#supervisor.services;
    count(counters.refusals, code);
    if (port.gone) return;
    const { status, headers = [] }: Refusal = REFUSALS[code];
    const body = refusalBody(code, id ?? null, data);
    const allow = code === 'method-not-allowed' ? ['Allow', this.#methods] : [];
    port.send(status, ['Content-Type', 'application/json', ...headers, ...allow], body);
  }

  /**
   * Opens a channel for a socket whose upgrade request passed {@link admits}.
   * The peer must initialize within `handshakeTimeoutMs`.
   */
  open(origin: Pick<Origin, 'head' | 'authInfo'>, wire: Wire): Channel | RefusalCode {
    try {
      const principal = this.#principal(origin);
      if (principal === '') return 'principal-missing';
      return this.#supervisor.expect() ?? new Channel(this.#supervisor, wire, origin, principal);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /**
   * A message for a channel whose peer speaks by POST; answered on the channel (row H1).
   *
   * @param channel `undefined` when there is none of the name the request gave
   */
  post(channel: Channel | undefined, origin: Origin, body: Body, port: ResponsePort): void {
    try {
      const parcel = readBody(body, this.services.settings);
      if (typeof parcel === 'string') return this.refuse(port, parcel);
      const isKnown = channel?.isReachable === true;
      if (!isKnown || channel.principal !== this.#principal(origin)) {
        return this.refuse(port, 'session-not-found');
      }
      port.send(202, ['Content-Type', 'text/plain'], 'Accepted');
      channel.take(parcel, extraOf(origin));
    } catch (error) {
      this.refuse(port, this.#failed(error));
    }
  }

  /** `Host` and `Origin`, for what is not a request of Streamable HTTP (row T1). */
  admits(head: RequestHead): RefusalCode | undefined {
    if (!this.#rules.allowsHost(head)) return 'host-forbidden';
    return this.#rules.allowsOrigin(header(head, 'origin')) ? undefined : 'origin-forbidden';
  }

  /**
   * The head of a POST passed {@link screen} and its body is on its way: a cancel may overtake it.
   * Whoever calls this ends what it returns, when the body was handled or will never be.
   */
  awaitBody(origin: Origin): Upload | undefined {
    try {
      return this.#lookup.upload(origin.head, this.#principal(origin));
    } catch {
      // Said again, and answered, when the body is there.
      return undefined;
    }
  }

  /** A request whose head passed {@link screen} and whose body, for a POST, has arrived whole. */
  handle(origin: Origin, body: Body | undefined, port: ResponsePort, upload?: Upload): void {
    try {
      const principal = this.#principal(origin);
      if (principal === '') this.refuse(port, 'principal-missing');
      else if (body !== undefined) this.#post(origin, principal, body, port, upload?.number);
      else this.#other(origin.head, principal, port);
    } catch (error) {
      this.refuse(port, this.#failed(error));
    } finally {
      endUpload(upload);
    }
  }

  get #methods(): string {
    return this.services.settings.allowDelete ? 'GET, POST, DELETE' : 'GET, POST';
  }

  #failed(error: unknown): 'internal-error' {
    this.services.events.emit('endpoint.failed', { error });
    return 'internal-error';
  }

  #declared(head: RequestHead): 'body-too-large' | undefined {
    const declared = header(head, 'content-length');
    return declared !== undefined && Number(declared) > this.maxBodyBytes
      ? 'body-too-large'
      : undefined;
  }

  #principal({ authInfo, head }: Pick<Origin, 'head' | 'authInfo'>): string | undefined {
    const principal: unknown = this.#supervisor.services.settings.principal(authInfo, head);
    if (principal === undefined || typeof principal === 'string') return principal;
    // A promise is another one each time: no request would ever find its session.
    if (principal instanceof Promise) principal.catch(() => {});
    throw new ActorsError('bad-option', 'principal must return a string or undefined');
  }

  #post(
    origin: Origin,
    principal: string | undefined,
    body: Body,
    port: ResponsePort,
    upload: number | undefined,
  ): void {
    const parcel = readBody(body, this.#supervisor.services.settings);
    if (typeof parcel === 'string') return this.refuse(port, parcel);
    if (isInitialize(parcel)) return this.#initialize(origin, principal, parcel, port);
    const { messages, isBatch } = parcel;
    const { head } = origin;
    const id = !isBatch && isRequest(messages[0]) ? messages[0].id : undefined;
    const version = header(head, 'mcp-protocol-version');
    if (version !== undefined && !isSupported(version) && !isProbe(parcel)) {
      return this.refuse(port, 'version-unsupported', id);
    }
    this.#lookup.session(head, principal, port, id, (session) => {
      this.#take(session, origin, parcel, port, upload, id);
    });
  }

  #take(
    session: SessionActor,
    origin: Origin,
    parcel: Parcel,
    port: ResponsePort,
    upload: number | undefined,
    id: RequestId | undefined,
  ): void {
    const { messages, isBatch } = parcel;
    if (isBatch && !allowsBatch(parcel, session.protocolVersion, session.limits.maxInFlight)) {
      return this.refuse(port, 'batch-not-allowed', id);
    }
    const asks = messages.filter(isRequest).map((request) => request.id);
    if (asks.length === 0) return this.#notify(session, origin, parcel, port, upload);
    const exchange = new HttpExchange(session, port, asks, isBatch);
    this.#ask(session, origin, parcel, exchange, port, upload);
  }

  /** Notifications and answers: taken in, nothing to say (row P5). */
  #notify(
    session: SessionActor,
    origin: Origin,
    { messages, bytes }: Parcel,
    port: ResponsePort,
    upload: number | undefined,
  ): void {
    const delivery = new Delivery(origin, session, undefined);
    for (const message of messages) {
      const code = session.accept({ message, delivery, exchange: undefined, bytes, upload });
      // A full queue is a dead letter, and no matter of its status.
      if (code !== undefined && code !== 'session-busy') return this.refuse(port, code);
    }
    port.send(202, []);
  }

  #ask(
    session: SessionActor,
    origin: Origin,
    { messages, bytes }: Parcel,
    exchange: HttpExchange,
    port: ResponsePort,
    upload: number | undefined,
  ): void {
    const delivery = new Delivery(origin, session, exchange);
    for (const message of messages) {
      const code = session.accept({ message, delivery, exchange, bytes, upload });
      if (code === undefined || !isRequest(message)) continue;
      // A response that is already a stream, or shared with others, carries the refusal as an answer.
      const isAnswer = REFUSALS[code].status === 200 || exchange.isStream || messages.length > 1;
      if (!isAnswer) return this.refuse(port, code, message.id);
      count(this.#supervisor.services.counters.refusals, code);
      exchange.answer(refusalBody(code, message.id));
    }
    // Once admitted: a refusal keeps its status.
    const streams =
      session.responseMode === 'sse' ||
      (session.responseMode === 'auto' && prefersStream(header(origin.head, 'accept')));
    if (streams && !exchange.isSettled) exchange.upgrade();
  }

  #initialize(
    origin: Origin,
    principal: string | undefined,
    { messages: [message], bytes }: Parcel,
    port: ResponsePort,
  ): void {
    const id = (message as RequestMessage).id;
    const named = header(origin.head, 'mcp-session-id');
    // A stale or foreign id is a fresh start (S5); a live one of the caller's own is not (S6).
    const open = (): void => this.#open(origin, principal, message as RequestMessage, bytes, port);
    if (named === undefined) return open();
    this.#lookup.seek(named, principal, port, id, (session) => {
      if (session === undefined) open();
      else this.refuse(port, 'already-initialized', id);
    });
  }

  #open(
    origin: Origin,
    principal: string | undefined,
    message: RequestMessage,
    bytes: number,
    port: ResponsePort,
  ): void {
    const { id } = message;
    if (this.#supervisor.isTooLarge(message, bytes)) return this.refuse(port, 'body-too-large', id);
    const session = this.#supervisor.admit(
      principal,
      (sid) => new SessionActor(this.#supervisor, sid, principal),
    );
    if (typeof session === 'string') return this.refuse(port, session, id);
    const exchange = new HttpExchange(session, port, [id], false, ['Mcp-Session-Id', session.id]);
    const delivery = new Delivery(origin, session, exchange);
    session.start({ message, delivery, exchange, bytes });
  }

  #other(head: RequestHead, principal: string | undefined, port: ResponsePort): void {
    const version = header(head, 'mcp-protocol-version');
    if (version !== undefined && !isSupported(version))
      return this.refuse(port, 'version-unsupported');
    this.#lookup.session(head, principal, port, undefined, (session) => {
      if (head.method === 'DELETE') this.#end(session, port);
      else openStream(session, head, port, (code) => this.refuse(port, code));
    });
  }

  /** Ended when the store has forgotten it as well: it must not come back (row S4). */
  #end(session: SessionActor, port: ResponsePort): void {
    session.close('terminated');
    const { forgotten } = session;
    if (forgotten === null) port.send(204, []);
    else
      forgotten.then(
        () => port.gone || port.send(204, []),
        () => this.refuse(port, 'store-unavailable'),
      );
  }
}
