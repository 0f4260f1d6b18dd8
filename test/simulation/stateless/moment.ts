/** What the process there is knows of itself. */
export interface Moment {
  readonly process: number;
  readonly at: number;
  /** How often user code did not do what it should. */
  readonly faults: number;
  /** The end of a handle has begun. @param key names it in events */
  readonly isEnding: (key: string) => boolean;
}
