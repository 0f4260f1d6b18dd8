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
