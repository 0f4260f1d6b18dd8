/** What the process of a soaked server holds, after a collection. */
export interface Figures {
  /** Objects and buffers, in bytes. */
  readonly memory: number;
  /** The resident set, in bytes. */
  readonly resident: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** Timers, sockets and other resources that keep the loop alive. */
  readonly resources: number;
  /** The 99th percentile of the delay of the event loop since the last figures, in milliseconds. */
  readonly delayMs: number;
  readonly sessions: number;
  readonly asleep: number;
  readonly streams: number;
  readonly inFlight: number;
}
