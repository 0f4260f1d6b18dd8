import type { Clients } from './clients.ts';
import type { Machine } from './machine.ts';
import type { Review } from './review.ts';

/** Where a history happens. */
export interface Stage {
  readonly machine: Machine;
  readonly clients: Clients;
  readonly review: Review;
}

/** One of those there are, if there is any. */
export function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % from.length];
}
