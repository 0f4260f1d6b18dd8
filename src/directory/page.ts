import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { RecordPage } from '../store/store.ts';
import type { Directory } from './directory.ts';
import { principalOf } from './principalOf.ts';
import type { SessionPage, SessionQuery, SessionView } from './view.ts';
import { recordedViewOf, viewOf } from './viewOf.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Most pages of the store for one of a list: the next call goes on, where none of them has enough. */
const MAX_READS = 20;

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

/**
 * Lists a page of all sessions: those in this process first, then those of other processes, and those
 * asleep.
 */
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
  for (let reads = 0; reads < MAX_READS; reads++) {
    if (next?.startsWith(AWAY) !== true || sessions.length >= limit) break;
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
    sessions.push(viewOf(actor, directory.members?.self));
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
  const { keeper, members } = directory;
  // What is stored and in no other process is asleep.
  if (members === undefined && !isBelow('idle.asleep', state)) return undefined;
  const page = await keeper.reads.page({
    limit: key === undefined ? limit - sessions.length : MAX_LIMIT,
    ...(principal !== undefined && { principal }),
    ...(after !== '' && { after }),
  });
  const records = page.records.filter(
    (record) => (key === undefined || record.key === key) && !directory.isHere(record.id),
  );
  for (const view of await viewsOf(directory, { ...page, records })) {
    if (isBelow(view.state, state)) sessions.push(view);
  }
  return page.next === undefined ? undefined : `${AWAY}${page.next}`;
}

/** Shows stored sessions: as they are in the processes that have them, or as they are stored. */
async function viewsOf(
  { members, services }: Directory,
  { records, owners }: RecordPage,
): Promise<SessionView[]> {
  const asked = new Map<string, string[]>();
  for (const { id } of records) {
    const owner = owners?.get(id);
    if (owner !== undefined) asked.set(owner, [...(asked.get(owner) ?? []), id]);
  }
  const answers = await Promise.all(
    Array.from(asked, ([owner, ids]) => members?.views(owner, ids) ?? Promise.resolve([])),
  );
  const live = new Map(answers.flat().map((view) => [view.id, view]));
  return records.map((record) => {
    const owner = owners?.get(record.id);
    const node = owner === undefined ? undefined : members?.nameOf(owner);
    // Each process has names of its own for principals.
    const principal = services.principalKey(record.principal);
    const view = live.get(record.id) ?? recordedViewOf(record, principal, node);
    return { ...view, node, principal };
  });
}

function isBelow(path: string, state: string | undefined): boolean {
  return state === undefined || path === state || path.startsWith(`${state}.`);
}
