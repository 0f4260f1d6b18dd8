import type { Row } from '../rows.ts';
import { isWithin } from './highlight.ts';
import { placeOf } from './states.ts';

const COLUMNS = ['session', 'client', 'node', 'state', 'age', 'traffic', 'mailbox'] as const;

export type SortBy = (typeof COLUMNS)[number];

/** The columns of the list, from left to right. @param isClustered several processes have the sessions */
export function columnsOf(isClustered: boolean): readonly SortBy[] {
  return COLUMNS.filter((column) => isClustered || column !== 'node');
}

/** Which sessions are listed, and in which order. */
export interface Choice {
  /** `live`, `all`, or a state's path, which includes all states below it. */
  readonly state: string;
  readonly principal: string;
  /** The name of a process. */
  readonly node: string;
  readonly reason: string;
  readonly text: string;
  readonly sortBy: SortBy;
  readonly isDescending: boolean;
}

/** Props of what shows the choice and changes it. */
export interface Choosing {
  readonly choice: Choice;
  readonly onChoose: (choice: Choice) => void;
}

export const EVERYTHING: Choice = {
  state: 'live',
  principal: '',
  node: '',
  reason: '',
  text: '',
  sortBy: 'age',
  isDescending: false,
};

export function choose(rows: readonly Row[], choice: Choice): Row[] {
  const { sortBy, isDescending } = choice;
  const sign = isDescending ? -1 : 1;
  const weigh = WEIGHTS[sortBy];
  return rows
    .filter((row) => isChosen(row, choice))
    .toSorted((a, b) => sign * compare(weigh(a), weigh(b)) || compare(a.key, b.key));
}

/** The choice with another order: a column anew begins with what is looked for there, then turns. */
export function sortedBy(choice: Choice, sortBy: SortBy): Choice {
  const isDescending = choice.sortBy === sortBy ? !choice.isDescending : MOST_FIRST.has(sortBy);
  return { ...choice, sortBy, isDescending };
}

/** How many requests a session has in flight, in either direction. */
export function mailboxOf({ inFlight, questions }: Row): number {
  return inFlight + questions;
}

/** The columns of figures, where the highest are looked for. */
const MOST_FIRST: ReadonlySet<SortBy> = new Set(['age', 'traffic', 'mailbox']);

/** What a column is sorted by: numbers in some, text in others. */
type Weight = number | string;

const WEIGHTS: Readonly<Record<SortBy, (row: Row) => Weight>> = {
  session: ({ key }) => key,
  // Those without a name come last.
  client: ({ client }) => client.toLowerCase() || '\uffff',
  // Those that nobody has come last.
  node: ({ node }) => node ?? '\uffff',
  state: ({ state }) => placeOf(state),
  // The later a session started, the younger it is.
  age: ({ startedAt }) => -startedAt,
  traffic: ({ seen }) => seen.in + seen.out,
  mailbox: mailboxOf,
};

function compare(a: Weight, b: Weight): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isChosen(row: Row, { state, principal, node, reason, text }: Choice): boolean {
  // A filter by reason shows ended sessions as well: only these have a reason.
  if (reason !== '' && row.reason !== reason) return false;
  if (state === 'live' && reason === '' && row.endedAt !== undefined) return false;
  if (state !== 'live' && state !== 'all' && !isWithin(row.state, state)) return false;
  if (principal !== '' && row.principal !== principal) return false;
  if (node !== '' && row.node !== node) return false;
  return text === '' || [row.key, row.principal, row.client].some((name) => name.includes(text));
}
