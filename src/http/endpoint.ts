import type { Directory } from '../directory/directory.ts';
import { count } from '../events/counters.ts';
import type { Services } from '../events/services.ts';
import type { Origin } from '../session/exchange.ts';
import { type Body, readBody } from '../wire/body.ts';
import { type RequestHead, single } from '../wire/headers.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import type { StreamTimers } from './streamTimers.ts';
import type { Leg, LegHost, Upload } from './leg.ts';
import { identify, type PrincipalOf } from './principal.ts';
import type { Screen } from './screen.ts';
import type { UnreadBudget } from './unread.ts';

/** The body of one HTTP request, as an HTTP adapter lets the endpoint read it. */
export interface Inlet {
  /** Reads the body; calls `take` once, with the whole body or with why it did not come. */
  read(maxBytes: number, take: (body: Body | RefusalCode) => void): void;
  /** Nothing reads the rest of the body. @param code the refusal that answers the request */
  discard(code?: RefusalCode): void;
}

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
export class Endpoint implements LegHost {
  readonly directory: Directory;
  /** Counters, limits and deadlines that an adapter shares with the sessions. */
  readonly services: Services;
  readonly screen: Screen;
  readonly timers: StreamTimers;
  readonly unread: UnreadBudget;
  readonly #principalOf: PrincipalOf;
  readonly #legs: readonly Leg[];

  constructor(directory: Directory, { screen, principal, timers, unread, legs }: EndpointOptions) {
    this.directory = directory;
    this.services = directory.services;
    this.screen = screen;
    this.timers = timers;
    this.unread = unread;
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
    if (refused !== undefined) return this.drop(port, refused, inlet);
    const caller = this.identify(origin);
    if (head.method !== 'POST') {
      inlet.discard();
      return this.#handle(origin, caller, undefined, port, undefined);
    }
    const upload = caller.refusal === undefined ? this.#upload(head, caller) : undefined;
    inlet.read(screen.maxBodyBytes, (body) => {
      if (typeof body === 'string') this.drop(port, body, inlet);
      else this.#handle(origin, caller, body, port, upload);
      // Until here, a cancel may have overtaken the request: the mailbox stops expecting this body.
      upload?.session.mailbox.uploaded(upload.number);
    });
  }

  /** Finds out who the caller is. Called once for each request, because it runs user code. */
  identify(origin: Pick<Origin, 'head' | 'authInfo'>): Caller {
    try {
      const principal = identify(this.#principalOf, origin);
      return { principal, refusal: principal === '' ? 'principal-missing' : undefined };
    } catch (error) {
      return { principal: undefined, refusal: this.failed(error) };
    }
  }

  /** Refuses a request whose body is not read to its end. */
  drop(port: ResponsePort, code: RefusalCode, inlet: Inlet): void {
    inlet.discard(code);
    this.refuse(port, code);
  }

  refuse(
    port: ResponsePort,
    code: RefusalCode,
    id?: RequestId,
    data?: Record<string, unknown>,
  ): void {
    count(this.services.counters.refusals, code);
    if (port.gone) return;
    const { status, headers = [] }: Refusal = REFUSALS[code];
    const body = refusalBody(code, id ?? null, data);
    const allow = code === 'method-not-allowed' ? ['Allow', this.screen.methods] : [];
    port.send(status, ['Content-Type', 'application/json', ...headers, ...allow], body);
  }

  failed(error: unknown): 'internal-error' {
    this.services.events.emit('endpoint.failed', { error });
    return 'internal-error';
  }

  #handle(
    origin: Origin,
    { principal, refusal }: Caller,
    body: Body | undefined,
    port: ResponsePort,
    upload: Upload | undefined,
  ): void {
    try {
      if (refusal !== undefined) return this.refuse(port, refusal);
      const parcel = body === undefined ? undefined : readBody(body, this.services.limits);
      if (typeof parcel === 'string') return this.refuse(port, parcel);
      for (const leg of this.#legs) {
        if (!leg.claims(origin.head, parcel)) continue;
        return leg.serve({ origin, principal, parcel, port, upload });
      }
    } catch (error) {
      this.refuse(port, this.failed(error));
    }
  }

  /** Notes that a POST is on its way to a session in this process, or asleep in memory. */
  #upload(head: RequestHead, { principal }: Caller): Upload | undefined {
    const named = single(head, 'mcp-session-id');
    if (named === undefined) return undefined;
    try {
      const session = this.directory.findNow(named, principal);
      return session === undefined ? undefined : { session, number: session.mailbox.upload() };
    } catch {
      // The leg meets the error again, and answers it, when the body is there.
      return undefined;
    }
  }
}
