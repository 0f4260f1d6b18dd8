import type { EndReason } from '../../machines/session.ts';
import type { Origin } from '../session/exchange.ts';
import type { Parcel } from '../wire/body.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { Done, Verb } from './verb.ts';

/** A request as it came, for the node that owns its session. */
export interface Forwarded {
  readonly origin: Origin;
  readonly principal: string | undefined;
  /** The body of a POST; `undefined` for other methods. */
  readonly parcel: Parcel | undefined;
}

/** Says that another node owns the session. */
export interface Elsewhere {
  readonly at: 'elsewhere';
  /** Has the owner answer a request; the whole answer comes back by the port. */
  serve(request: Forwarded, port: ResponsePort): void;
  /**
   * Has the owner act on the session, for an operator.
   *
   * @throws ActorsError `store-unavailable` where the owner does not say what came of it; with the
   * code of what the owner failed with
   */
  act(verb: Verb): Promise<Done>;
}

/** Says that there is no session to give a request to, and how the request is refused. */
export interface Nowhere {
  readonly at: 'nowhere';
  readonly refusal: 'session-not-found' | 'session-quarantined' | 'draining' | 'store-unavailable';
  /** Why the session ended, for its own principal. */
  readonly reason: EndReason | undefined;
}

export const NOT_FOUND: Nowhere = {
  at: 'nowhere',
  refusal: 'session-not-found',
  reason: undefined,
};
export const DRAINING: Nowhere = { at: 'nowhere', refusal: 'draining', reason: undefined };
export const UNAVAILABLE: Nowhere = {
  at: 'nowhere',
  refusal: 'store-unavailable',
  reason: undefined,
};

/** Where a session is: in this process, on another node, or nowhere. */
export type Whereabouts<S extends { readonly at: 'here' }> = S | Elsewhere | Nowhere;
