import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { Directory } from './directory.ts';
import { principalOf } from './principalOf.ts';
import type { SessionPage, SessionQuery, SessionView } from './view.ts';
import { sleepingViewOf, viewOf } from './viewOf.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** What {@link SessionQuery} knows. */
const NAMES: NamesOf<SessionQuery> = {
  state: true,
  principal: true,
  key: true,
  after: true,
  limit: true,
};

/** Where a cursor goes on: among the sessions in this process, or among those in the store. */
const HERE = 'here:';
const AWAY = 'away:';

/** Lists a page of all sessions: those in this process first, then those asleep. */
export async function pageOf(directory: Directory, query: SessionQuery): Promise<SessionPage> {
  checkNames('list', query, NAMES);
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? DEFAULT_LIMIT), 1), MAX_LIMIT);
  const { after = HERE } = query;
  const { principal: shown } = query;
  const principal = shown === undefined ? undefined : await principalOf(directory, shown);
  const wanted = principal === undefined ? query : { ...query, principal };
  const sessions: SessionView[] = [];
  let next: string | undefined = after;
  if (after.startsWith(HERE)) {
    next = here(directory, wanted, after.slice(HERE.length), limit, sessions) ?? AWAY;
  }
  while (next?.startsWith(AWAY) === true && sessions.length < limit) {
    next = await away(directory, wanted, next.slice(AWAY.length), limit, sessions);
  }
  return { sessions, next };
}

/** Adds sessions in this process. @returns the cursor to go on from, `undefined` after the last */
function here(
  directory: Directory,
  { state, principal, key }: SessionQuery,
  after: string,
  limit: number,
  sessions: SessionView[],
): string | undefined {
  let isPast = after === '';
  let last: string | undefined;
  for (const actor of directory.residents()) {
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
  directory: Directory,
  { state, principal, key }: SessionQuery,
  after: string,
  limit: number,
  sessions: SessionView[],
): Promise<string | undefined> {
  if (!isBelow('idle.asleep', state)) return undefined;
  const { keeper, services } = directory;
  const { records, next } = await keeper.reads.page({
    limit: key === undefined ? limit - sessions.length : MAX_LIMIT,
    ...(principal !== undefined && { principal }),
    ...(after !== '' && { after }),
  });
  for (const record of records) {
    if (key !== undefined && record.key !== key) continue;
    if (!directory.isHere(record.id))
      sessions.push(sleepingViewOf(record, services.principalKey(record.principal)));
  }
  return next === undefined ? undefined : `${AWAY}${next}`;
}

function isBelow(path: string, state: string | undefined): boolean {
  return state === undefined || path === state || path.startsWith(`${state}.`);
}
