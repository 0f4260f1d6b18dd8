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
  /** The name of that node, for people. */
  readonly node: string;
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

/** How a session of several processes ended. */
export interface Ending {
  readonly reason: EndReason;
  readonly principal: string | undefined;
}

/** Says that there is no session to give a request to, and how the request is refused. */
export interface Nowhere {
  readonly at: 'nowhere';
  readonly refusal: 'session-not-found' | 'session-quarantined' | 'draining' | 'store-unavailable';
  /** Why the session ended, for its own principal. */
  readonly reason: EndReason | undefined;
  /** How the session ended, where nobody has asked yet whose it was. */
  readonly ending?: Ending | undefined;
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

/** What a principal is told of a session that is nowhere. */
export function toldTo(principal: string | undefined, where: Nowhere): Nowhere {
  const { ending } = where;
  if (ending === undefined) return where;
  return ending.principal === principal ? { ...NOT_FOUND, reason: ending.reason } : NOT_FOUND;
}

/** Where a session is: in this process, on another node, or nowhere. */
export type Whereabouts<S extends { readonly at: 'here' }> = S | Elsewhere | Nowhere;
