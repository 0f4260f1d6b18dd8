import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { Directory } from '../directory/directory.ts';
import type { Forwarded } from '../directory/whereabouts.ts';
import { count } from '../events/counters.ts';
import type { Services } from '../events/services.ts';
import type { Origin } from '../session/exchange.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import { type Body, readBody } from '../wire/body.ts';
import { declared, header, hostOf, type RequestHead, single } from '../wire/headers.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import type { StreamTimers } from './streamTimers.ts';
import type { Leg, LegHost } from './leg.ts';
import { identify, isApplication, type PrincipalOf } from './principal.ts';
import type { Screen } from './screen.ts';
import type { UnreadBudget } from './unreadBudget.ts';
import { type Gate, type Place, Upload, type UploadHost } from './upload.ts';
import { UploadBudget } from './uploadBudget.ts';

/** The body of one HTTP request, as an HTTP adapter lets the endpoint read it. */
export interface Inlet {
  /**
   * Reads the body as far as the gate allows it; calls `take` once, with the whole body or with why
   * it did not come. Throws where the body can not be read at all.
   */
  read(gate: Gate, take: (body: Body | RefusalCode) => void): void;
  /** Nothing reads the rest of the body. @param closes the answer is the last on its connection */
  discard(closes: boolean): void;
}

/** Says that the connection ends with the answer. */
const CLOSE = ['Connection', 'close'];

/** The sender of a request: its principal, or the refusal where the principal can not be told. */
export interface Caller {
  readonly principal: string | undefined;
  readonly refusal: RefusalCode | undefined;
}

export interface EndpointOptions {
  readonly screen: Screen;
  readonly principal: PrincipalOf;
  readonly timers: StreamTimers;
  /** What all sessions leave unread together, those on lines as well. */
  readonly unread: UnreadBudget;
  /** Makes the legs, in the order in which they may claim a request. */
  readonly legs: (host: LegHost) => readonly Leg[];
}

/**
 * Serves Streamable HTTP, in the order of its checks: what is cheap and says most comes first, and
 * nothing is allocated for a session before the last check.
 */
export class Endpoint implements LegHost, UploadHost {
  readonly directory: Directory;
  /** Counters, limits and deadlines that an adapter shares with the sessions. */
  readonly services: Services;
  readonly screen: Screen;
  readonly timers: StreamTimers;
  readonly unread: UnreadBudget;
  readonly uploads: UploadBudget;
  readonly #principalOf: PrincipalOf;
  readonly #legs: readonly Leg[];
  /** A principal that is an application's was announced. */
  #isShared = false;

  constructor(directory: Directory, { screen, principal, timers, unread, legs }: EndpointOptions) {
    this.directory = directory;
    this.services = directory.services;
    this.screen = screen;
    this.timers = timers;
    this.unread = unread;
    this.uploads = new UploadBudget(this.services);
    this.#principalOf = principal;
    this.#legs = legs(this);
  }

  /** Serves one request. Never throws: what goes wrong is answered, counted and announced. */
  serve(origin: Origin, port: ResponsePort, inlet: Inlet): void {
    const { head } = origin;
    const { screen } = this;
    const preflight = screen.preflight(head);
    // The port adds the headers that every response to a page gets.
    if (preflight !== undefined) return port.send(204, preflight);
    const refused = screen.check(head);
    if (refused !== undefined) {
      this.foreign(refused, head);
      return this.drop(port, refused, inlet);
    }
    const { principal, refusal } = this.identify(origin);
    if (refusal !== undefined) return this.drop(port, refusal, inlet);
    if (head.method !== 'POST') {
      inlet.discard(false);
      return this.#handle(origin, principal, undefined, port, undefined);
    }
    const upload = this.#upload(head, principal);
    this.receive(upload, port, inlet, (body) =>
      this.#handle(origin, principal, body, port, upload),
    );
  }

  /** Reads a body as far as its upload allows it, and hands it on; answers where it is not whole. */
  receive(upload: Upload, port: ResponsePort, inlet: Inlet, take: (body: Body) => void): void {
    const read = (refused: RefusalCode | undefined): void => {
      if (refused !== undefined) return receive(refused);
      try {
        inlet.read(upload, receive);
      } catch (error) {
        receive(this.failed(error));
      }
    };
    const receive = (body: Body | RefusalCode): void => {
      if (upload.bytes > 0) upload.arrived();
      if (typeof body === 'string') this.drop(port, body, inlet, true, upload.reason);
      else take(body);
      // A cancel can not overtake the request any more.
      if (upload.number !== undefined) upload.session?.mailbox.uploaded(upload.number);
    };
    // A short body is read whoever it is for.
    if (upload.declared <= this.services.limits.maxInitializeBytes) return read(undefined);
    const verdict = upload.locate();
    if (!isPromise(verdict)) return read(verdict);
    verdict.then(read).catch((error: unknown) => this.refuse(port, this.failed(error)));
  }

  seek(named: string | undefined, principal: string | undefined): Awaitable<Place> {
    return named === undefined ? this.unnamed() : this.directory.find(named, principal);
  }

  /** Where a long body without a session belongs: nowhere, for only an `initialize` has none. */
  unnamed(): Place {
    this.services.tripped('maxInitializeBytes');
    return { at: 'nowhere', refusal: 'body-too-large', reason: undefined };
  }

  /** Finds out who the caller is. Called once for each request, because it runs user code. */
  identify(origin: Pick<Origin, 'head' | 'authInfo'>): Caller {
    try {
      const principal = identify(this.#principalOf, origin);
      if (!this.#isShared && isApplication(this.#principalOf, origin.authInfo)) {
        this.#isShared = true;
        this.services.events.emit('principal.shared', { at: this.services.clock.now() });
      }
      return { principal, refusal: principal === '' ? 'principal-missing' : undefined };
    } catch (error) {
      return { principal: undefined, refusal: this.failed(error) };
    }
  }

  /**
   * Refuses a request whose body is not read to its end.
   *
   * @param closes the client is to stop sending, and the connection ends
   * @param reason of the end of the session, for its own principal
   */
  drop(
    port: ResponsePort,
    code: RefusalCode,
    inlet: Inlet,
    closes = code === 'body-too-large',
    reason?: string,
  ): void {
    inlet.discard(closes);
    const data = reason === undefined ? undefined : { reason };
    this.#refuse(port, code, undefined, data, closes ? CLOSE : []);
  }

  refuse(
    port: ResponsePort,
    code: RefusalCode,
    id?: RequestId,
    data?: Record<string, unknown>,
  ): void {
    this.#refuse(port, code, id, data, code === 'body-too-large' ? CLOSE : []);
  }

  /** Announces whom a check of `Host` and `Origin` has refused. */
  foreign(code: RefusalCode, head: RequestHead): void {
    const { events } = this.services;
    if (code === 'host-forbidden') {
      events.emit('caller.foreign', { option: 'allowedHosts', name: hostOf(head) ?? '' });
    } else if (code === 'origin-forbidden') {
      const name = header(head, 'origin') ?? '';
      events.emit('caller.foreign', { option: 'allowedOrigins', name });
    }
  }

  failed(error: unknown): 'internal-error' {
    this.services.events.emit('endpoint.failed', { error });
    return 'internal-error';
  }

  #refuse(
    port: ResponsePort,
    code: RefusalCode,
    id: RequestId | undefined,
    data: Record<string, unknown> | undefined,
    more: readonly string[],
  ): void {
    count(this.services.counters.refusals, code);
    if (port.gone) return;
    const { status, headers = [] }: Refusal = REFUSALS[code];
    // With the request's id it would be an answer: a client that reads it as one keeps a session
    // that is lost.
    const named = code === 'session-not-found' ? undefined : id;
    const body = refusalBody(code, named ?? null, data);
    const allow = code === 'method-not-allowed' ? ['Allow', this.screen.methods] : [];
    port.send(status, ['Content-Type', 'application/json', ...headers, ...allow, ...more], body);
  }

  /** Serves a request whose head and body another process has let in. */
  resume({ origin, principal, parcel }: Forwarded, port: ResponsePort): void {
    const incoming = { origin, principal, parcel, port, upload: undefined };
    try {
      for (const leg of this.#legs) if (leg.serve(incoming)) return;
    } catch (error) {
      this.refuse(port, this.failed(error));
    }
  }

  #handle(
    origin: Origin,
    principal: string | undefined,
    body: Body | undefined,
    port: ResponsePort,
    upload: Upload | undefined,
  ): void {
    try {
      const parcel = body === undefined ? undefined : readBody(body, this.services.limits);
      if (typeof parcel === 'string') return this.refuse(port, parcel);
      const incoming = { origin, principal, parcel, port, upload };
      for (const leg of this.#legs) if (leg.serve(incoming)) return;
    } catch (error) {
      this.refuse(port, this.failed(error));
    }
  }

  /** The body of a POST, for a session in this process or asleep in memory where there is one. */
  #upload(head: RequestHead, principal: string | undefined): Upload {
    const bytes = declared(head);
    for (const leg of this.#legs) {
      if (leg.isStateless?.(head) === true) return Upload.ofNoSession(this, principal, bytes);
    }
    const named = single(head, 'mcp-session-id');
    let session: SessionActor | undefined;
    try {
      if (named !== undefined) session = this.directory.findNow(named, principal);
    } catch {
      // Whoever looks for the session later meets the error again, and answers it.
    }
    return new Upload(this, named, principal, bytes, session);
  }
}
