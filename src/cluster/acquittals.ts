import type { Deadlines } from '../base/deadlines.ts';
import type { Claim, Claims } from './claims.ts';
import type { Space } from './engine.ts';
import type { Node } from './node.ts';
import { ACQUITTED_AFTER_MS, DEATH_WITHIN_MS } from './quarantine.ts';

/** What acquittals need of their node. */
export interface AcquittalsHost {
  readonly space: Pick<Space, 'acquit'>;
  readonly claims: Claims;
  readonly node: Pick<Node, 'isLive' | 'incarnation'>;
  readonly deadlines: Deadlines;
  readonly runtime: { isCalm(id: string): boolean };
}

/**
 * Acquits sessions under suspicion. A session whose process goes on, with nothing of the session under
 * way, has not ended that process: whatever does so later, another call or the machine, it is not
 * the claim's doing.
 */
export class Acquittals {
  readonly #host: AcquittalsHost;

  constructor(host: AcquittalsHost) {
    this.#host = host;
  }

  /** Watches a session that was claimed, until nothing can be held against the session. */
  watch(claim: Claim): void {
    const { deadlines } = this.#host;
    this.#lookAt(claim, deadlines.now() + DEATH_WITHIN_MS);
  }

  /** @param until when a death of the owner is not the session's in any case */
  #lookAt(claim: Claim, until: number): void {
    const { deadlines } = this.#host;
    const at = deadlines.now() + ACQUITTED_AFTER_MS;
    if (at >= until) return;
    deadlines.at(at, () => {
      const { claims, node, runtime, space } = this.#host;
      if (!claims.has(claim) || claim.isLost || claim.isOver) return;
      if (!node.isLive || !runtime.isCalm(claim.id)) return this.#lookAt(claim, until);
      // An engine that can not be asked is asked once more.
      space.acquit(node.incarnation, claim).catch(() => this.#lookAt(claim, until));
    });
  }
}
