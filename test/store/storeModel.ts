import * as fc from 'fast-check';
import type { SessionRecord } from '../../src/store/record.ts';
import type { SessionStore, StoreChange } from '../../src/store/store.ts';
import { sessionRecord } from '../support/sessionRecord.ts';

export type StoreStep =
  | { readonly do: 'write'; readonly writes: readonly (readonly StoreChange[])[] }
  | { readonly do: 'look'; readonly limit: number; readonly now: number }
  | { readonly do: 'reopen' };

const long = 'l'.repeat(3000);
const IDS = ['a', 'b', 'ab', 'c', `${long}1`, `${long}2`];
/** `undefined`: all of them, and none of theirs. */
const PRINCIPALS = [undefined, '', 'ann', 'ann\0', `${long}a`, `${long}b`];

const ids = fc.constantFrom(...IDS);
const principals = fc.constantFrom(...PRINCIPALS);
const times = fc.constantFrom(-1, 0, 0.5, 1, 2, 2, 3, 1e13, Infinity);
const ns = fc.constantFrom(0, 1, 2, 255, 256, 2 ** 33);

const put: fc.Arbitrary<StoreChange> = fc
  .record({
    id: ids,
    principal: principals,
    expiresAt: times,
    epoch: fc.nat(3),
    state: fc.anything({ withDate: true, withMap: true, withTypedArray: true }),
  })
  .map((over) => ({ type: 'put', record: sessionRecord(over) }));
const change = fc.oneof(
  { weight: 4, arbitrary: put },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), id: ids }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('row' as const),
      id: ids,
      n: ns,
      row: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    }),
  },
);

/** What may happen to a store. The writes of one step are asked for at once. */
export const storeSteps: fc.Arbitrary<StoreStep[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        writes: fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('look' as const),
        limit: fc.integer({ min: 1, max: 4 }),
        now: times,
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  ),
  { maxLength: 25 },
);

/** Everything a store can be asked. Records of one moment may come in any order. */
export interface Answers {
  readonly counts: readonly number[];
  readonly walks: readonly (readonly SessionRecord[])[];
  readonly records: readonly (SessionRecord | undefined)[];
  readonly rows: readonly (readonly { readonly n: number; readonly row: string }[])[];
  readonly due: readonly SessionRecord[];
  /** The times of those that are listed when there is a limit. */
  readonly first: readonly number[];
  /** What was out of order, or on a page that is too long or too short. */
  readonly misplaced: readonly SessionRecord[];
}

/** A store as it should be: an array that is searched. */
export class StoreModel {
  #records: SessionRecord[] = [];
  readonly #rows = new Map<string, Map<number, string>>();

  write(changes: readonly StoreChange[]): void {
    for (const each of changes) {
      const id = each.type === 'put' ? each.record.id : each.id;
      const others = this.#records.filter((record) => record.id !== id);
      if (each.type === 'put') {
        this.#records = [...others, each.record];
      } else if (each.type === 'remove') {
        this.#records = others;
        this.#rows.delete(id);
      } else if (others.length < this.#records.length) {
        const rows = this.#rows.get(id) ?? new Map<number, string>();
        if (each.row === undefined) rows.delete(each.n);
        else rows.set(each.n, each.row);
        this.#rows.set(id, rows);
      }
    }
  }

  answers(limit: number, now: number): Answers {
    const all = this.#records.toSorted(byPlace);
    const walks = PRINCIPALS.map((principal) =>
      principal === undefined ? all : all.filter((record) => record.principal === principal),
    );
    const due = all.filter(({ expiresAt }) => expiresAt <= now);
    return {
      counts: walks.map(({ length }) => length),
      walks,
      records: IDS.map((id) => all.find((record) => record.id === id)),
      rows: IDS.map((id) =>
        Array.from(this.#rows.get(id) ?? [], ([n, row]) => ({ n, row })).toSorted(
          (a, b) => a.n - b.n,
        ),
      ),
      due,
      first: due.slice(0, limit).map(({ expiresAt }) => expiresAt),
      misplaced: [],
    };
  }
}

/** What a store answers. */
export async function answersOf(store: SessionStore, limit: number, now: number): Promise<Answers> {
  const misplaced: SessionRecord[] = [];
  const inPlace = (records: readonly SessionRecord[]): readonly SessionRecord[] => {
    misplaced.push(
      ...records.filter((each, i) => each.expiresAt < (records[i - 1] ?? each).expiresAt),
    );
    return records.toSorted(byPlace);
  };
  const walks: (readonly SessionRecord[])[] = [];
  for (const principal of PRINCIPALS) {
    const walked: SessionRecord[] = [];
    let after: string | undefined;
    do {
      const query = {
        ...(principal !== undefined && { principal }),
        ...(after !== undefined && { after }),
      };
      const page = await store.page({ ...query, limit });
      if (page.records.length !== limit && page.next !== undefined) misplaced.push(...page.records);
      if (page.records.length > limit) misplaced.push(...page.records);
      walked.push(...page.records);
      after = page.next;
    } while (after !== undefined);
    walks.push(inPlace(walked));
  }
  return {
    counts: await Promise.all(PRINCIPALS.map(async (principal) => store.count(principal))),
    walks,
    records: await Promise.all(IDS.map(async (id) => store.get(id))),
    rows: await Promise.all(IDS.map(async (id) => store.rows(id))),
    due: inPlace(await store.due(now, 100)),
    first: (await store.due(now, limit)).map(({ expiresAt }) => expiresAt),
    misplaced,
  };
}

function byPlace(a: SessionRecord, b: SessionRecord): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
