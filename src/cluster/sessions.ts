import type { Deadlines } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { ClusterHost } from '../directory/cluster.ts';
import type { Claimed, Ownership } from '../directory/ownership.ts';
import { DRAINING, type Elsewhere, NOT_FOUND, type Nowhere } from '../directory/whereabouts.ts';
import type { Claim as StoreClaim } from '../store/store.ts';
import { Acquittals } from './acquittals.ts';
import { Claim, type Claims } from './claims.ts';
import type { EngineClaim, Incarnation, Looked, Space, SpaceName } from './engine.ts';
import type { Node } from './node.ts';
import { printOf, type RecordSeal } from './recordSeal.ts';
import type { NotReady } from './servedExchange.ts';

/** How soon a session is looked for again, while nobody's word counts. */
const PAUSE_MS = 50;
/** How often a release is tried before the session stays. */
const RELEASES = 3;

const QUARANTINED: Nowhere = {
  at: 'nowhere',
  refusal: 'session-quarantined',
  reason: undefined,
};

/** What the sessions of a cluster need of their node. */
export interface SessionsHost {
  readonly space: Space;
  /** Of the space: that of a part; `undefined`: sessions. */
  readonly name: SpaceName;
  readonly claims: Claims;
  readonly seal: RecordSeal;
  readonly node: Node;
  readonly deadlines: Deadlines;
  readonly suspendMs: number;
  readonly runtime: Pick<
    ClusterHost,
    'isAdmitting' | 'isCalm' | 'isServing' | 'isSettling' | 'settled' | 'recall' | 'restow'
  >;
  /** Another node serves the requests of a session. @param takes it may claim the session */
  elsewhere(owner: Incarnation, id: string, takes: boolean): Elsewhere;
  /** A node that takes sessions from this one; `undefined`: there is none. */
  place(): Promise<Incarnation | undefined>;
  /** The session of a dead owner goes on here. */
  tookOver(key: string, from: Incarnation): void;
  /** Nobody gets a session, which has ended one owner after the other. */
  quarantined(): void;
  /** The engine knows less than it was told. */
  forgot(): void;
}

/** Which sessions of a space are this node's, which are other nodes', and which are nobody's. */
export class Sessions implements Omit<Ownership, 'members'> {
  readonly isShared = true;
  readonly #host: SessionsHost;
  readonly #acquittals: Acquittals;

  constructor(host: SessionsHost) {
    this.#host = host;
    this.#acquittals = new Acquittals(host);
  }

  get isLive(): boolean {
    return this.#host.node.isLive;
  }

  live(): Promise<void> {
    return this.#host.node.live();
  }

  begun(id: string): Claim {
    const { claims, name, node } = this.#host;
    const print = printOf(id);
    const token = node.floor();
    const claim = new Claim({ space: name, id, print, token, revision: 0, isBorn: false });
    claims.add(claim);
    return claim;
  }

  /** @throws ActorsError `store-unavailable`, `record-corrupt`, `secret-unknown` */
  claim(id: string): Promise<Claimed> {
    const { node } = this.#host;
    const print = printOf(id);
    return this.#insist((until) => {
      if (node.isInGrace) return this.#look(id, print);
      return this.#mayClaim ? this.#take(id, print, until) : this.#goneOn(id);
    });
  }

  /**
   * While it is not known what came of a release, nobody is served: another node may have claimed the
   * session. A node that is not live asserts what it owns before it is, and knows by then.
   *
   * @throws ActorsError `store-unavailable`
   */
  async release(given: StoreClaim): Promise<boolean> {
    const claim = given as Claim;
    const { claims, node, runtime } = this.#host;
    for (let tries = 0; tries < RELEASES && claims.has(claim) && !claim.isLost;) {
      if (!claim.isBorn) return claims.remove(claim);
      await node.live();
      const { generation } = node;
      const outcome = await this.#released(claim);
      if (outcome === undefined) {
        await this.#pause();
        continue;
      }
      tries++;
      if (generation !== node.generation) continue;
      if (outcome === 'done') return claims.remove(claim);
      if (outcome === 'lost') node.lost(claim);
      else if (outcome === 'unknown') this.#host.forgot();
      else runtime.restow(claim);
      return false;
    }
    return false;
  }

  /** @returns `undefined`: no answer has come */
  async #released(claim: Claim): Promise<'done' | 'behind' | 'lost' | 'unknown' | undefined> {
    const { node, space } = this.#host;
    try {
      return await space.release(node.incarnation, claim);
    } catch {
      return undefined;
    }
  }

  ended(given: StoreClaim): void {
    const claim = given as Claim;
    claim.isOver = true;
    if (!claim.isBorn) this.#host.claims.remove(claim);
  }

  /** @throws ActorsError `store-unavailable` */
  elsewhere(id: string): Promise<Elsewhere | Nowhere> {
    return this.#insist(() => this.#goneOn(id));
  }

  /**
   * Has a session here for a request of another node's client.
   *
   * @param isFollowUp the request says something of work in flight, which a session that ends lets finish
   */
  async ready(id: string, takes: boolean, isFollowUp: boolean): Promise<'ready' | NotReady> {
    const { node, runtime, space } = this.#host;
    if (isFollowUp && runtime.isSettling(id)) return 'ready';
    await runtime.settled(id);
    if (runtime.isServing(id)) return 'ready';
    if (!runtime.isAdmitting) return { why: 'draining' };
    const looked = await space.look(printOf(id));
    const isOurs = looked.is === 'owned' && node.isSelf(looked.owner);
    const isFree = looked.is === 'free' || (looked.is === 'owned' && looked.leftMs === 0);
    if ((isOurs || (takes && isFree)) && (await runtime.recall(id))) return 'ready';
    return { why: 'moved', owner: looked.is === 'owned' && !isOurs ? looked.owner : undefined };
  }

  get #mayClaim(): boolean {
    return this.#host.node.mayClaim;
  }

  /**
   * Asks the engine until there is an answer that counts.
   *
   * @param ask is told how long is asked; `undefined`: nobody's word counts at the moment
   * @throws ActorsError `store-unavailable` after `suspendMs`; whatever else `ask` meets
   */
  async #insist<T>(ask: (until: number) => Promise<T | undefined>): Promise<T> {
    const { deadlines, node, suspendMs } = this.#host;
    const until = deadlines.now() + suspendMs;
    while (deadlines.now() < until) {
      await node.live();
      const answer = await ask(until).catch(unlessUnavailable);
      if (answer !== undefined) return answer;
      await this.#pause();
    }
    throw unavailable();
  }

  /** Where a session is that this node does not claim. */
  async #goneOn(id: string): Promise<Elsewhere | Nowhere> {
    const looked = await this.#host.space.look(printOf(id));
    if (looked.is === 'unknown' || looked.is === 'ended') return this.#gone(id, looked);
    if (this.#isOthers(looked)) return this.#host.elsewhere(looked.owner, id, false);
    const place = await this.#host.place();
    return place === undefined ? DRAINING : this.#host.elsewhere(place, id, true);
  }

  /** There is no such session: its own principal is to hear why, in whichever process it ended. */
  #gone(id: string, looked: Extract<Looked, { readonly is: 'ended' | 'unknown' }>): Nowhere {
    if (looked.is === 'unknown') return NOT_FOUND;
    return { ...NOT_FOUND, ending: this.#host.seal.openTombstone(printOf(id), looked.tombstone) };
  }

  #isOthers(looked: Looked): looked is Extract<Looked, { readonly is: 'owned' }> {
    return looked.is === 'owned' && looked.leftMs > 0 && !this.#host.node.isSelf(looked.owner);
  }

  /** Within the grace, only a living owner is believed. */
  async #look(id: string, print: string): Promise<Elsewhere | undefined> {
    const { node, space } = this.#host;
    const { generation } = node;
    const looked = await space.look(print);
    if (generation !== node.generation || !this.#isOthers(looked)) return undefined;
    return this.#host.elsewhere(looked.owner, id, false);
  }

  async #take(id: string, print: string, until: number): Promise<Claimed | undefined> {
    const { deadlines, node, space } = this.#host;
    const { generation, incarnation } = node;
    const found = await space.claim(print, incarnation, node.floor());
    // What was asked before counts for nothing; whatever was claimed is claimed again.
    if (generation !== node.generation || !node.isLive) return undefined;
    if (found.is === 'ours') return this.#own(id, print, found);
    if (found.is === 'theirs') return this.#host.elsewhere(found.owner, id, false);
    if (found.is !== 'quarantined') return this.#gone(id, found);
    // Innocent sessions are held back briefly: their requests come late, and are not refused.
    if (deadlines.now() + found.forMs >= until) {
      this.#host.quarantined();
      return QUARANTINED;
    }
    await this.#pause(found.forMs);
    return undefined;
  }

  async #own(
    id: string,
    print: string,
    found: Extract<EngineClaim, { readonly is: 'ours' }>,
  ): Promise<Claimed> {
    const { claims, deadlines, name, seal } = this.#host;
    const { token, revision, from, isSuspect } = found;
    const cameAt = deadlines.now();
    const claim = new Claim({ space: name, id, print, token, revision, isBorn: true, cameAt });
    claims.add(claim);
    if (isSuspect) this.#acquittals.watch(claim);
    try {
      const record = seal.openRecord(print, found.record);
      if (from !== undefined) this.#host.tookOver(record.key, from);
      return { at: 'ours', claim, record, rows: seal.openRows(print, found.rows) };
    } catch (error) {
      await this.release(claim);
      throw error;
    }
  }

  #pause(forMs = PAUSE_MS): Promise<void> {
    const { deadlines } = this.#host;
    return new Promise((resolve) => deadlines.at(deadlines.now() + forMs, resolve));
  }
}

/** What the engine refuses because it is another server than before, it does for a moment. */
function unlessUnavailable(error: unknown): undefined {
  if (error instanceof ActorsError && error.code === 'store-unavailable') return;
  throw error;
}

function unavailable(): ActorsError {
  return new ActorsError('store-unavailable', 'the cluster does not say yet whose the session is');
}
