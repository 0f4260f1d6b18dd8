/** An owner that ends so soon after its claim may have ended of the session. */
export const DEATH_WITHIN_MS = 30_000;
/** A session whose owner has lived so long is under suspicion no more. */
export const FORGOTTEN_AFTER_MS = 60_000;
/** How long nobody gets a session, by how many of its owners have ended in a row. */
export const BACK_OFFS_MS = [0, 1000, 5000, 60_000, 120_000, 240_000, 480_000, 600_000] as const;

/**
 * How many owners a session has ended in a row.
 *
 * @param before how many before this one
 * @param livedMs from the claim to the last sign of life; less than 0 where there was none
 */
export function deathsAfter(before: number, livedMs: number): number {
  if (livedMs < DEATH_WITHIN_MS) return before + 1;
  return livedMs < FORGOTTEN_AFTER_MS ? before : 0;
}

/** A session of which nothing is under way after so long has not ended its owner. */
export const ACQUITTED_AFTER_MS = 2000;
/** As how old the claim of such a session counts from then on: its owner's end says nothing. */
export const ACQUITTED_AGE_MS = (DEATH_WITHIN_MS + FORGOTTEN_AFTER_MS) / 2;

/** The longest of them: what is held for longer is so by a clock that was set back. */
export const MAX_BACK_OFF_MS = BACK_OFFS_MS.at(-1)!;

/** How long nobody gets a session, in milliseconds from the end of the last owner's lease. */
export function backOffMs(deaths: number): number {
  return deaths === 0 ? 0 : BACK_OFFS_MS[Math.min(deaths, BACK_OFFS_MS.length) - 1]!;
}
