import type { EndReason } from '../../machines/session.ts';
import type { Origin } from '../session/exchange.ts';
import type { Parcel } from '../wire/body.ts';
import type { ResponsePort } from '../wire/port.ts';

/** A request as it came, for the node that owns its session. */
export interface Forwarded {
  readonly origin: Origin;
  readonly principal: string | undefined;
  /** Of a POST. */
  readonly parcel: Parcel | undefined;
}

/** Another node owns the session. */
export interface Elsewhere {
  readonly at: 'elsewhere';
  /** Has the owner answer a request; everything comes back by the port. */
  serve(request: Forwarded, port: ResponsePort): void;
}

/** There is no session to hand on, and what its client is told. */
export interface Nowhere {
  readonly at: 'nowhere';
  readonly refusal: 'session-not-found' | 'draining' | 'store-unavailable';
  /** Why the session ended, for its own principal. */
  readonly reason: EndReason | undefined;
}

/** Where a session is. */
export type Whereabouts<S extends { readonly at: 'here' }> = S | Elsewhere | Nowhere;
