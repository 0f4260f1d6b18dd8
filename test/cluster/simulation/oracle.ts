import type { Claim } from '../../../src/cluster/claims.ts';
import { bootOf } from '../../../src/cluster/engine.ts';
import type { EngineMemory } from '../../../src/cluster/memory/engineMemory.ts';
import { printOf } from '../../../src/cluster/recordSeal.ts';
import type { Session } from '../../../src/index.ts';
import type { SimProcess } from './simProcess.ts';
import type { Basket } from './userServer.ts';

/** How long the owner of what the engine has forgotten may need to say it again, in milliseconds. */
const WATCHED_MS = 12_000;

/** What an oracle needs of its history. */
export interface OracleHost {
  now(): number;
  did(what: string): void;
  broke(what: string): void;
  /** The processes that are not dead. */
  living(): Iterable<SimProcess>;
  isCut(process: SimProcess): boolean;
}

/** What is known of one session. */
interface Known {
  /** Calls whose clients were told that they had worked. */
  readonly acknowledged: Set<number>;
  /** The highest token by which a call has begun. */
  token: number;
  /** The engine has lost some of the session together with its owner: what was promised is void. */
  isExcused: boolean;
  /** Until when the session is lost should its owner be. */
  watchedUntil: number;
  /** Who has something to say again of what the engine has forgotten. */
  teller: SimProcess | undefined;
  /** Its client has asked for its end. */
  isEnding: boolean;
  /** Its client was told of its end. */
  isOver: boolean;
}

/** Knows what has happened everywhere, and says what must not have. */
export class Oracle {
  readonly #host: OracleHost;
  readonly #begun = new Map<number, string>();
  readonly #sessions = new Map<string, Known>();
  readonly #prints = new Map<string, string>();
  begun = 0;
  excused = 0;

  constructor(host: OracleHost) {
    this.#host = host;
  }

  of(id: string): Known {
    let known = this.#sessions.get(id);
    if (known === undefined) {
      known = {
        acknowledged: new Set(),
        token: 0,
        isExcused: false,
        watchedUntil: -Infinity,
        teller: undefined,
        isEnding: false,
        isOver: false,
      };
      this.#sessions.set(id, known);
      this.#prints.set(printOf(id), id);
      this.#host.did(`${id} is ${printOf(id)}`);
    }
    return known;
  }

  began(process: SimProcess, session: Session<Basket>, call: number, claim: Claim): void {
    const { id } = session;
    this.#host.did(`${process.name} begins ${call} of ${id} by ${claim.token}`);
    this.begun++;
    const before = this.#begun.get(call);
    if (before !== undefined) this.#host.broke(`twice: ${call} of ${id}, after ${before}`);
    this.#begun.set(call, process.name);
    const known = this.of(id);
    if (claim.isLost) this.#host.broke(`lost: ${call} of ${id} begins by a claim that is lost`);
    if (claim.token < known.token && !known.isExcused) {
      this.#host.broke(`order: ${call} of ${id} by ${claim.token} after ${known.token}`);
    }
    known.token = Math.max(known.token, claim.token);
    if (known.isExcused) return;
    if (known.isOver) this.#host.broke(`over: ${call} begins in ${id}, which has ended`);
    const missing = [...known.acknowledged].filter((each) => !session.state.calls.includes(each));
    if (missing.length > 0) {
      this.#host.broke(`state: ${call} of ${id} by ${claim.token} does not see ${missing.join()}`);
    }
  }

  /** A client was told that a call has worked. */
  acknowledged(id: string, call: number, session: unknown): void {
    const known = this.of(id);
    if (!this.#begun.has(call)) this.#host.broke(`answer: ${call} of ${id} has never begun`);
    if (session !== id) this.#host.broke(`answer: ${call} of ${id} is of ${String(session)}`);
    known.acknowledged.add(call);
  }

  /** A client was told that there is no such session. */
  lost(id: string): void {
    const known = this.of(id);
    if (known.isEnding || known.isExcused) return void this.excused++;
    this.#host.broke(`lost: ${id} is not found`);
  }

  /** A write was made by a node which is not the owner. */
  stale(by: string, print: string, owner: string): void {
    this.#host.broke(`stale: ${by} writes ${this.#prints.get(print) ?? print} of ${owner}`);
  }

  /** The engine knows less than before. */
  forgot(before: EngineMemory, after: EngineMemory): void {
    const [was, is] = [before.space(undefined), after.space(undefined)];
    for (const [id, known] of this.#sessions) {
      const print = printOf(id);
      const looked = was.look(print);
      const isEndForgotten = looked.is === 'ended' && is.look(print).is !== 'ended';
      // Who had the session, and has not heard of its end, is told by nobody.
      if (isEndForgotten && this.#isSomewhere(id)) this.#excuse(id, known);
      const record = was.read(print)?.record;
      if (record === is.read(print)?.record) continue;
      const owner = looked.is === 'owned' ? this.#process(looked.owner) : undefined;
      const isHealthy =
        owner !== undefined &&
        owner.claimOf(id) !== undefined &&
        !owner.isPaused &&
        !this.#host.isCut(owner);
      if (isHealthy) {
        known.watchedUntil = this.#host.now() + WATCHED_MS;
        known.teller = owner;
      } else this.#excuse(id, known);
    }
  }

  /**
   * A process dies, stands still or is cut off while it has something to say again: whoever asks for
   * that meanwhile is told that there is nothing.
   */
  threatened(process: SimProcess): void {
    for (const [id, known] of this.#sessions) {
      const isWatched = known.watchedUntil > this.#host.now();
      // Also of a session that has ended in a drain, and is still to be released.
      const isTeller = process === known.teller || process.claimOf(id) !== undefined;
      if (isWatched && isTeller) this.#excuse(id, known);
    }
  }

  /** A process takes the session for its own. */
  #isSomewhere(id: string): boolean {
    for (const process of this.#host.living()) if (process.claimOf(id) !== undefined) return true;
    return false;
  }

  #excuse(id: string, known: Known): void {
    if (!known.isExcused) this.#host.did(`${id} is excused`);
    known.isExcused = true;
  }

  #process(incarnation: string): SimProcess | undefined {
    for (const process of this.#host.living()) {
      if (process.name === bootOf(incarnation)) return process;
    }
    return undefined;
  }
}
