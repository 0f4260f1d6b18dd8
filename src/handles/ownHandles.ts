import { laterTurn } from '../base/turns.ts';
import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';
import type { RecordPage, RecordQuery } from '../store/store.ts';
import type { HandleActor } from './handleActor.ts';
import { storeFailed } from './handleError.ts';
import { isLiveIn, keptIn } from './handleRecord.ts';
import type { Holder } from './holder.ts';
import type { HandleSettings } from './options.ts';
import { type OwnHandle, ownHandleOf } from './view.ts';

/** Records read in one go, and how many times, for a list of those that are not in this process. */
const PAGE = 500;
const MAX_PAGES = 20;

/** The handles of one kind, as a list is made of them. */
interface ListedKind {
  readonly settings: HandleSettings;
  readonly services: Services;
  readonly keeper: Keeper;
  residents(): Iterable<HandleActor>;
  isHere(id: string): boolean;
}

/** Lists a caller's own handles, the oldest first. @throws ActorsError `store-unavailable` */
export async function ownHandles(kind: ListedKind, holder: Holder): Promise<OwnHandle[]> {
  const own: OwnHandle[] = [];
  const isListed = (principal: string | undefined, by: string): boolean =>
    principal === holder.principal &&
    // Anonymous callers have nothing in common but that nobody knows them.
    ((principal !== undefined && kind.settings.bind !== 'session') || by === holder.session);
  for (const handle of kind.residents()) {
    if (handle.arrival === 'refuse' || !isListed(handle.principal, handle.by)) continue;
    own.push(ownHandleOf(handle));
  }
  for await (const [record, isElsewhere] of away(kind, holder.principal)) {
    const { principal, by } = keptIn(record);
    if (!isListed(principal, by) || (isLiveIn(record) && !isElsewhere)) continue;
    const { id, startedAt } = record;
    own.push({ id, isAsleep: !isElsewhere || record.asleep, startedAt });
  }
  return own.toSorted((a, b) => a.startedAt - b.startedAt);
}

/** Records of handles that are not in this process. */
async function* away(
  kind: ListedKind,
  principal: string | undefined,
): AsyncGenerator<readonly [record: SessionRecord, isElsewhere: boolean]> {
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const { records, next, owners } = await page(kind, {
      limit: PAGE,
      ...(principal !== undefined && { principal }),
      ...(after !== undefined && { after }),
    });
    for (const record of records) {
      const { id } = record;
      if (!kind.isHere(id)) yield [record, owners?.has(id) === true];
    }
    if (next === undefined) return;
    after = next;
    // There may be many of nobody's, and others have work to do.
    await laterTurn(kind.services.clock);
  }
}

async function page({ keeper }: ListedKind, query: RecordQuery): Promise<RecordPage> {
  try {
    return await keeper.reads.page(query);
  } catch (error) {
    keeper.failed('get', error);
    throw storeFailed(error);
  }
}
