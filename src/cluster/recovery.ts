import type { Claim } from './claims.ts';
import type { Owned, Reasserted } from './engine.ts';

/** How many claims the engine is told of at once. */
const BATCH = 500;

/** What a recovery needs of its node. */
export interface RecoveryHost {
  /** Everything that the node owns, what is in use first. */
  owned(): Iterable<Claim>;
  /** What a request waits for. */
  wanted(): Iterable<Claim>;
  /** Tells the engine. @throws where the answer counts for nothing */
  reassert(space: string | undefined, owned: readonly Owned[]): Promise<readonly Reasserted[]>;
  /** Called before each batch: keeps the lease. `false`: another recovery has to begin */
  keep(): Promise<boolean>;
  /** The claim is another's, in this turn. */
  lose(claim: Claim): void;
  /** The engine has less than the node wrote: record and rows again. */
  restow(claim: Claim): void;
  /** The engine has a claim that it was told of. */
  reasserted(): void;
  /** Claims of a batch were asserted, or lost. */
  asserted(): void;
}

/**
 * Asserts everything a node owns, once, in batches: what a request waits for, then what is in use, then
 * the rest. A recovery that failed on its way goes on where it was.
 */
export class Recovery {
  readonly #host: RecoveryHost;
  readonly #asserted = new WeakSet<Claim>();

  constructor(host: RecoveryHost) {
    this.#host = host;
  }

  /** Whether the engine knows, by this recovery, that the claim is the node's. */
  has(claim: Claim): boolean {
    return this.#asserted.has(claim);
  }

  /**
   * Asserts everything that is left.
   *
   * @returns `false` where another recovery has to begin
   * @throws what the engine failed with
   */
  async run(): Promise<boolean> {
    // What came meanwhile is asserted, too: nothing owned is left out.
    for (let left = this.#left(); left.length > 0; left = this.#left()) {
      for (let at = 0; at < left.length;) {
        if (!(await this.#host.keep())) return false;
        const wanted = [...this.#host.wanted()].filter((claim) => this.#isLeft(claim));
        const batch = new Set(wanted.slice(0, BATCH));
        for (; at < left.length && batch.size < BATCH; at++) {
          if (this.#isLeft(left[at]!)) batch.add(left[at]!);
        }
        await this.#assert(batch);
      }
    }
    return true;
  }

  #left(): Claim[] {
    return [...this.#host.owned()].filter((claim) => this.#isLeft(claim));
  }

  /** What was never written is not the engine's to know: its first write is made again. */
  #isLeft(claim: Claim): boolean {
    return claim.isBorn && !claim.isLost && !this.#asserted.has(claim);
  }

  async #assert(batch: ReadonlySet<Claim>): Promise<void> {
    for (const [space, claims] of bySpace(batch)) {
      const answers = await this.#host.reassert(space, claims);
      claims.forEach((claim, i) => this.#answered(claim, answers[i]!));
      this.#host.asserted();
    }
  }

  #answered(claim: Claim, answer: Reasserted): void {
    if (claim.isLost) return;
    if (answer === 'lost') return this.#host.lose(claim);
    this.#asserted.add(claim);
    this.#host.reasserted();
    if (answer === 'again') this.#host.restow(claim);
  }
}

function bySpace(batch: ReadonlySet<Claim>): Map<string | undefined, Claim[]> {
  const spaces = new Map<string | undefined, Claim[]>();
  for (const claim of batch) {
    const claims = spaces.get(claim.space);
    if (claims === undefined) spaces.set(claim.space, [claim]);
    else claims.push(claim);
  }
  return spaces;
}
