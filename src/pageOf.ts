import type { SessionActor } from './sessionActor.ts';
import type { Supervisor } from './supervisor.ts';
import type { SessionPage, SessionQuery, SessionView } from './view.ts';
import { viewOf } from './viewOf.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** A page of the sessions there are. */
export function pageOf(
  supervisor: Supervisor<SessionActor>,
  { state, principal, after, limit = DEFAULT_LIMIT }: SessionQuery,
): SessionPage {
  const most = Math.min(Math.max(limit, 1), MAX_LIMIT);
  const sessions: SessionView[] = [];
  let isPast = after === undefined;
  for (const actor of supervisor.sessions()) {
    if (!isPast) {
      isPast = actor.id === after;
      continue;
    }
    if (principal !== undefined && actor.principal !== principal) continue;
    if (state !== undefined && actor.path !== state && !actor.path.startsWith(`${state}.`)) continue;
    if (sessions.length === most) return { sessions, next: sessions.at(-1)?.id };
    sessions.push(viewOf(actor));
  }
  return { sessions, next: undefined };
}
