import type { History } from './history.ts';

/** Histories that have found a defect, each played in every run from then on. */
export const FOUND: readonly (History & { readonly what: string })[] = [
  { seed: 3_001_900, steps: 120, what: 'a record found damaged after its session had gone on' },
  { seed: 3_002_394, steps: 120, what: 'an answer that the store refused, given once more' },
  { seed: 3_017_904, steps: 120, what: 'an event id used twice by a session that had slept' },
  { seed: 3_010_405, steps: 120, what: 'unread bytes that a sleep took off the account' },
  { seed: 3_020_223, steps: 120, what: 'a word of farewell to a client that had left' },
  { seed: 4_002_489, steps: 120, what: 'a state that the store refused when nobody waited for it' },
  {
    seed: 7_003_234,
    steps: 120,
    keep: [87, 88, 91, 92, 96, 97, 98, 100, 103, 104],
    what: 'a stream without room, ended as if it were whole',
  },
  {
    seed: 7_006_711,
    steps: 120,
    keep: [11, 12, 13, 23, 29, 30, 40, 42, 47, 53, 56, 57, 71, 77, 84, 85, 86],
    what: 'a response behind another on its line, asked for when the line was lost',
  },
  {
    seed: 7_008_199,
    steps: 120,
    keep: [7, 12, 13, 19, 29, 32],
    what: 'events that the log had dropped, stored again when they went out',
  },
  {
    seed: 8_000_352,
    era: 'both',
    steps: 120,
    keep: [0],
    what: 'an answer that ended a response which had been cut',
  },
  {
    seed: 8_000_561,
    era: 'both',
    steps: 120,
    keep: [26, 83, 84, 107],
    what: 'an answer about a task that nobody read, and nobody counted',
  },
  {
    seed: 8_000_941,
    era: 'both',
    steps: 40,
    what: 'a session of which a request that waited had two actors made',
  },
  {
    seed: 8_000_911,
    era: 'both',
    steps: 120,
    keep: [101, 119],
    what: 'a change that was stored when its session was over',
  },
  {
    seed: 8_000_958,
    era: 'both',
    steps: 120,
    keep: [7, 13, 34, 35, 36, 38, 39, 41, 42, 44, 46, 47, 49, 66, 99, 102, 105],
    what: 'a handler that ran for a client which had left',
  },
  {
    seed: 8_020_157,
    steps: 120,
    what: 'an answer that the store forgot with a state which could not be encoded for a while',
  },
];
