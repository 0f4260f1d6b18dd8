/** What a crash does to its session. */
export type CrashPolicy =
  | 'evict'
  | {
      /** Restarts allowed within `withinMs`; one more crash ends the session. */
      readonly restarts: number;
      readonly withinMs: number;
    };

/** How often one session may be rebuilt: so many restarts within a window, then it ends. */
export class RestartIntensity {
  readonly #policy: CrashPolicy;
  #crashes: number[] = [];

  constructor(policy: CrashPolicy) {
    this.#policy = policy;
  }

  /** Notes a crash. @returns whether the session may be rebuilt */
  allows(now: number): boolean {
    const policy = this.#policy;
    if (policy === 'evict') return false;
    this.#crashes = this.#crashes.filter((at) => now - at < policy.withinMs);
    this.#crashes.push(now);
    return this.#crashes.length <= policy.restarts;
  }
}
