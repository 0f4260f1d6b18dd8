import type { SessionActor } from '../session/sessionActor.ts';
import { NOT_FOUND, type Whereabouts } from './whereabouts.ts';

/** A session that no client named is not found by what a client names. */
export function named(where: Whereabouts<SessionActor>): Whereabouts<SessionActor> {
  return where.at === 'here' && where.home !== undefined ? NOT_FOUND : where;
}

/** A session is found by its own principal alone. */
export function isOwn(session: SessionActor, principal: string | undefined): boolean {
  // A line's session has no id on the wire: a request that names one has guessed, or has read a log.
  return session.isStorable && session.principal === principal;
}
