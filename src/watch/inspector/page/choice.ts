import type { Row } from '../rows.ts';
import { isWithin } from './highlight.ts';

export type SortBy = 'age' | 'traffic' | 'mailbox';

/** Which sessions are listed, and in which order. */
export interface Choice {
  /** `live`, `all`, or a state's path, which includes all states below it. */
  readonly state: string;
  readonly principal: string;
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
    .toSorted((a, b) => sign * (weigh(a) - weigh(b)) || (a.key < b.key ? -1 : 1));
}

/** How many requests a session has in flight, in either direction. */
export function mailboxOf({ inFlight, questions }: Row): number {
  return inFlight + questions;
}

const WEIGHTS: Readonly<Record<SortBy, (row: Row) => number>> = {
  // The later a session started, the younger it is.
  age: ({ startedAt }) => -startedAt,
  traffic: ({ seen }) => seen.in + seen.out,
  mailbox: mailboxOf,
};

function isChosen(row: Row, { state, principal, reason, text }: Choice): boolean {
  // A filter by reason shows ended sessions as well: only these have a reason.
  if (reason !== '' && row.reason !== reason) return false;
  if (state === 'live' && reason === '' && row.endedAt !== undefined) return false;
  if (state !== 'live' && state !== 'all' && !isWithin(row.state, state)) return false;
  if (principal !== '' && row.principal !== principal) return false;
  return text === '' || [row.key, row.principal, row.client].some((name) => name.includes(text));
}
