import type { Actor } from '../actor/actor.ts';
import type { ReplayBudget, ReplayHolder } from '../http/replayBudget.ts';

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

/**
 * Keeps one scope's last events for subscribers that come late, bounded by count and bytes; and by
 * what all scopes keep.
 */
export class KeptEvents implements ReplayHolder {
  readonly principal: string | undefined;
  readonly #scope: Pick<Actor, 'key' | 'services'>;
  readonly #budget: ReplayBudget;
  readonly #entries: { event: ScopeEvent; bytes: number }[] = [];
  #bytes = 0;
  /** How many events are no longer kept, which is the sequence of the last of these. */
  dropped = 0;

  constructor(scope: Pick<Actor, 'key' | 'principal' | 'services'>, budget: ReplayBudget) {
    this.principal = scope.principal;
    this.#scope = scope;
    this.#budget = budget;
  }

  get events(): ScopeEvent[] {
    return this.#entries.map(({ event }) => event);
  }

  push(event: ScopeEvent, bytes: number): void {
    this.#entries.push({ event, bytes });
    this.#bytes += bytes;
    const { maxReplayEvents, maxReplayBytes } = this.#scope.services.limits;
    while (this.#entries.length > maxReplayEvents || this.#bytes > maxReplayBytes) this.#drop();
    this.#budget.counted(this, this.#bytes);
  }

  dropOldest(bytes: number): number {
    const before = this.#bytes;
    this.#scope.services.tripped('maxReplayTotalBytes', this.#scope.key);
    while (this.#entries.length > 0 && before - this.#bytes < bytes) this.#drop();
    this.#budget.counted(this, this.#bytes);
    return before - this.#bytes;
  }

  /** The scope is over: what is still held is whoever's who holds the scope. */
  close(): void {
    this.#budget.counted(this, 0);
  }

  #drop(): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.#bytes -= entry.bytes;
    this.dropped++;
  }
}
