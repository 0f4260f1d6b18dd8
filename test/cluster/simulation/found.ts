import type { History } from './history.ts';

/** Histories that have found a defect, each played in every run from then on. */
export const FOUND: readonly (History & { readonly what: string })[] = [
  { seed: 2017, what: 'an owner that was cut off, back before the one that had taken over' },
  {
    seed: 4050,
    what: 'a release whose answer was lost, and a session served as if it had not been',
  },
  {
    seed: 1039,
    faults: ['failover', 'cut', 'pause'],
    what: 'a session that ended at an owner which was cut off, and went on at another node',
  },
  { seed: 303334, what: 'a DELETE at an owner that lost the session before the engine had heard' },
  {
    seed: 303115,
    what: 'an answer whose state was not stored, behind a write that had taken too long to begin',
  },
];
