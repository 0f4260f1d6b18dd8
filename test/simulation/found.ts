import type { History } from './history.ts';

/** Histories that have found a defect, each played in every run from then on. */
export const FOUND: readonly (History & { readonly what: string })[] = [
  { seed: 3_001_900, steps: 120, what: 'a record found damaged after its session had gone on' },
  { seed: 3_002_394, steps: 120, what: 'an answer that the store refused, given once more' },
  { seed: 3_017_904, steps: 120, what: 'an event id used twice by a session that had slept' },
  { seed: 3_010_405, steps: 120, what: 'unread bytes that a sleep took off the account' },
  { seed: 3_020_223, steps: 120, what: 'a word of farewell to a client that had left' },
  { seed: 4_002_489, steps: 120, what: 'a state that the store refused when nobody waited for it' },
];
