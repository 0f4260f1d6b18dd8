import type { Limits } from '../base/limits.ts';
import type { ScopeEvent } from './scopeEvent.ts';

/** Keeps one scope's last events, bounded by count and bytes, for subscribers that come late. */
export class KeptEvents {
  readonly #limits: Pick<Limits, 'maxReplayEvents' | 'maxReplayBytes'>;
  #entries: { sequence: number; event: ScopeEvent; bytes: number }[] = [];
  #bytes = 0;
  /** Sequence of the last event that is no longer kept; 0 while all are. */
  dropped = 0;

  constructor(limits: Pick<Limits, 'maxReplayEvents' | 'maxReplayBytes'>) {
    this.#limits = limits;
  }

  get events(): ScopeEvent[] {
    return this.#entries.map(({ event }) => event);
  }

  after(sequence: number): ScopeEvent[] {
    return this.#entries.filter((entry) => entry.sequence > sequence).map(({ event }) => event);
  }

  push(sequence: number, event: ScopeEvent, bytes: number): void {
    this.#entries.push({ sequence, event, bytes });
    this.#bytes += bytes;
    const { maxReplayEvents, maxReplayBytes } = this.#limits;
    while (this.#entries.length > maxReplayEvents || this.#bytes > maxReplayBytes) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.bytes;
      this.dropped = oldest.sequence;
    }
  }
}
