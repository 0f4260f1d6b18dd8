import type { SessionActor } from '../session/sessionActor.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import type { SessionPage, SessionQuery, SessionView } from './view.ts';
import { sleepingViewOf, viewOf } from './viewOf.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** A cursor says which of the two parts it is in: those in this process, or those in the store. */
const HERE = 'here:';
const AWAY = 'away:';

/** A page of the sessions there are: those in this process first, then those asleep. */
export async function pageOf(
  supervisor: Supervisor<SessionActor>,
  query: SessionQuery,
): Promise<SessionPage> {
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? DEFAULT_LIMIT), 1), MAX_LIMIT);
  const { after = HERE } = query;
  const sessions: SessionView[] = [];
  let next: string | undefined = after;
  if (after.startsWith(HERE)) {
    next = here(supervisor, query, after.slice(HERE.length), limit, sessions) ?? AWAY;
  }
  while (next?.startsWith(AWAY) === true && sessions.length < limit) {
    next = await away(supervisor, query, next.slice(AWAY.length), limit, sessions);
  }
  return { sessions, next };
}

/** Adds those in this process. @returns the cursor to go on from, `undefined` after the last */
function here(
  supervisor: Supervisor<SessionActor>,
  { state, principal, key }: SessionQuery,
  after: string,
  limit: number,
  sessions: SessionView[],
): string | undefined {
  let isPast = after === '';
  let last: string | undefined;
  for (const actor of supervisor.sessions()) {
    if (!isPast) {
      isPast = actor.key === after;
      continue;
    }
    if (principal !== undefined && actor.principal !== principal) continue;
    if (key !== undefined && actor.key !== key) continue;
    if (!isBelow(actor.path, state)) continue;
    if (sessions.length === limit) return `${HERE}${last}`;
    sessions.push(viewOf(actor));
    last = actor.key;
  }
  return undefined;
}

async function away(
  supervisor: Supervisor<SessionActor>,
  { state, principal, key }: SessionQuery,
  after: string,
  limit: number,
  sessions: SessionView[],
): Promise<string | undefined> {
  if (!isBelow('idle.asleep', state)) return undefined;
  const { sleepers, principalKey } = supervisor.services;
  if (sleepers === null) return undefined;
  const { records, next } = await sleepers.reads.page({
    limit: key === undefined ? limit - sessions.length : MAX_LIMIT,
    ...(principal !== undefined && { principal }),
    ...(after !== '' && { after }),
  });
  for (const record of records) {
    if (key !== undefined && record.key !== key) continue;
    if (!sleepers.isHere(record.id))
      sessions.push(sleepingViewOf(record, principalKey(record.principal)));
  }
  return next === undefined ? undefined : `${AWAY}${next}`;
}

function isBelow(path: string, state: string | undefined): boolean {
  return state === undefined || path === state || path.startsWith(`${state}.`);
}
