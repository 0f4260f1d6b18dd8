import type { Owned, SpaceName } from './engine.ts';

/** Requests for one session that came one after the other by clients of one other process. */
export interface Visits {
  /** The process. */
  readonly by: string;
  readonly count: number;
}

/** What a claim is made of. */
export interface ClaimParts {
  /** Of which space of the engine: the name of a part; `undefined`: sessions. */
  readonly space: SpaceName;
  /** A secret: never sent to the engine. */
  readonly id: string;
  /** The fingerprint of the id, by which the engine knows the session. */
  readonly print: string;
  readonly token: number;
  /** The revision that the engine has. */
  readonly revision: number;
  /** The engine has the session: `false` until its first write is acknowledged. */
  readonly isBorn: boolean;
  /** When the session came to this process, by the clock; `undefined`: it began here. */
  readonly cameAt?: number | undefined;
}

/**
 * One right of a node to write a session. A claim is compared by identity, never by its id: a node that
 * claims a session again has another claim, and the first is worth nothing.
 */
export class Claim implements Owned {
  readonly space: SpaceName;
  readonly id: string;
  readonly print: string;
  readonly token: number;
  /** The revision that the engine acknowledged last. */
  revision: number;
  /** The engine has the session. */
  isBorn: boolean;
  /** Another claim has taken the place of this one, here or elsewhere, for good. */
  isLost = false;
  /** The session has ended here: the claim is of use until the engine has forgotten the session. */
  isOver = false;
  readonly cameAt: number | undefined;
  visits: Visits | null = null;

  constructor({ space, id, print, token, revision, isBorn, cameAt }: ClaimParts) {
    this.space = space;
    this.id = id;
    this.print = print;
    this.token = token;
    this.revision = revision;
    this.isBorn = isBorn;
    this.cameAt = cameAt;
  }

  usedHere(): void {
    this.visits = null;
  }
}

/** What a node owns: at most one claim of an id in a space. */
export class Claims implements Iterable<Claim> {
  readonly #spaces = new Map<SpaceName, Map<string, Claim>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a claim. @returns the claim of the id that was there before, which is lost by now */
  add(claim: Claim): Claim | undefined {
    let space = this.#spaces.get(claim.space);
    if (space === undefined) this.#spaces.set(claim.space, (space = new Map()));
    const before = space.get(claim.id);
    space.set(claim.id, claim);
    if (before === claim) return undefined;
    if (before === undefined) this.#size++;
    else before.isLost = true;
    return before;
  }

  find(space: SpaceName, id: string): Claim | undefined {
    return this.#spaces.get(space)?.get(id);
  }

  /** Whether this very claim is here. */
  has(claim: Claim): boolean {
    return this.find(claim.space, claim.id) === claim;
  }

  /** Takes out this very claim. @returns whether it was here; another claim of the id stays */
  remove(claim: Claim): boolean {
    if (!this.has(claim)) return false;
    const space = this.#spaces.get(claim.space)!;
    space.delete(claim.id);
    if (space.size === 0) this.#spaces.delete(claim.space);
    this.#size--;
    return true;
  }

  *[Symbol.iterator](): Iterator<Claim> {
    for (const space of this.#spaces.values()) yield* space.values();
  }

  /** All claims, those in use first, otherwise in the order in which they came. */
  inUseFirst(isInUse: (claim: Claim) => boolean): Claim[] {
    const [used, others]: [Claim[], Claim[]] = [[], []];
    for (const claim of this) (isInUse(claim) ? used : others).push(claim);
    return used.concat(others);
  }
}
