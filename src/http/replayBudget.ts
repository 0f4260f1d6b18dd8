import { Shares } from '../base/shares.ts';
import type { Limits } from '../base/limits.ts';

/** A log of events that can be resumed. */
export interface ReplayHolder {
  readonly principal: string | undefined;
  /** Drops the oldest events, at least one. @returns the bytes that went; 0: there are no events */
  dropOldest(bytes: number): number;
}

/** What room is made down to, as a part of the limit: all are looked at, so seldom. */
const GOAL = 15 / 16;
/** What a log loses in one go, before it is asked again who has most. */
const STEP_BYTES = 64 * 1024;

/**
 * Bounds what can be resumed of all sessions together, sleeping ones too. Past the bound the
 * principal with most loses its oldest events, of its sessions the one with most.
 */
export class ReplayBudget {
  readonly #max: number;
  readonly #shares = new Shares<ReplayHolder>();
  #isTrimming = false;

  constructor({ maxReplayTotalBytes }: Pick<Limits, 'maxReplayTotalBytes'>) {
    this.#max = maxReplayTotalBytes;
  }

  get bytes(): number {
    return this.#shares.bytes;
  }

  /** Counts what a log holds; makes room where all hold too much. */
  counted(holder: ReplayHolder, bytes: number): void {
    if (bytes === 0) return this.#shares.delete(holder);
    this.#shares.count(holder, bytes);
    if (this.#isTrimming || this.#shares.bytes <= this.#max) return;
    this.#isTrimming = true;
    try {
      this.#shares.takeFromMost(this.#max * GOAL, (log) => log.dropOldest(STEP_BYTES));
    } finally {
      this.#isTrimming = false;
    }
  }
}
