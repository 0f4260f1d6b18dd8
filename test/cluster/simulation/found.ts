import type { History } from './history.ts';

/** Histories that have found a defect, each played in every run from then on. */
export const FOUND: readonly (History & { readonly what: string })[] = [];
