import type { Limits } from '../base/limits.ts';

/** An event that the subscribers of one scope hear. */
export interface ScopeEvent {
  /**
   * The event's place among the scope's events, counted from 1; `undefined` for an event that is
   * not kept (`rpc`, `progress`) and can not be resumed from.
   */
  readonly sequence: number | undefined;
  readonly at: number;
  readonly kind: string;
  readonly data: unknown;
}

export type ScopeListener = (event: ScopeEvent) => void;

/** Keeps one scope's last events, bounded by count and bytes, for subscribers that come late. */
export class KeptEvents {
  readonly #limits: Pick<Limits, 'maxReplayEvents' | 'maxReplayBytes'>;
  readonly #entries: { event: ScopeEvent; bytes: number }[] = [];
  #bytes = 0;
  /** How many events are no longer kept, which is the sequence of the last of these. */
  dropped = 0;

  constructor(limits: Pick<Limits, 'maxReplayEvents' | 'maxReplayBytes'>) {
    this.#limits = limits;
  }

  get events(): ScopeEvent[] {
    return this.#entries.map(({ event }) => event);
  }

  push(event: ScopeEvent, bytes: number): void {
    this.#entries.push({ event, bytes });
    this.#bytes += bytes;
    const { maxReplayEvents, maxReplayBytes } = this.#limits;
    while (this.#entries.length > maxReplayEvents || this.#bytes > maxReplayBytes) {
      this.#bytes -= this.#entries.shift()!.bytes;
      this.dropped++;
    }
  }
}
