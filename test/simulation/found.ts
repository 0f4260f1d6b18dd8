import type { History } from './history.ts';

/** Histories that have found a defect, each played in every run from then on. */
export const FOUND: readonly (History & { readonly what: string })[] = [
  { seed: 3_001_900, steps: 120, what: 'a record found damaged after its session had gone on' },
  { seed: 3_002_394, steps: 120, what: 'an answer that the store refused, given once more' },
];
