import { ActorsError } from '../base/errors.ts';
import type { SessionRecord } from '../store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StoreTime,
} from '../store/store.ts';
import { Claim } from './claims.ts';
import type { Change, Incarnation, Listed, SessionWrite, Space, Written } from './engine.ts';
import { printOf, type RecordSeal } from './recordSeal.ts';

/** What a shared store needs of its node. */
export interface SharedStoreHost {
  readonly space: Space;
  readonly seal: RecordSeal;
  readonly incarnation: Incarnation;
  /** The clock of this process, in milliseconds since the epoch. */
  now(): number;
  /** The time of the engine, in milliseconds since the epoch. */
  engineNow(): number;
  /** The node is live: the engine's time is known. @throws ActorsError `store-unavailable` */
  live(): Promise<void>;
  /** No session is to expire now: the engine's clock is wrong, or it may not know whose sessions are. */
  readonly mayExpire: boolean;
  /** Counts up whenever answers to what was asked before count for nothing. */
  readonly generation: number;
  /**
   * Resolves when the engine is known to have a claim as this process's, or the claim is lost.
   *
   * @throws ActorsError `store-unavailable`
   */
  whenOwn(claim: Claim): Promise<boolean>;
  /** A write was refused: another claim has taken the place of this one. */
  lost(claim: Claim): void;
  /** The engine has forgotten a session that has ended. */
  ended(claim: Claim): void;
  /** The engine knows less than it was told. */
  forgot(): void;
  /** Something can not be read, and nobody waits for it. */
  failed(error: unknown): void;
}

/** The changes of one session in a write. */
interface Part {
  readonly claim: Claim;
  readonly changes: Change[];
}

interface WrittenPart {
  readonly claim: Claim;
  readonly write: SessionWrite;
}

/** How often a write is made whose answer counts for nothing. */
const TRIES = 2;

/**
 * The sessions of a cluster, as a store of one of its processes: what is written names its claim, and is
 * made only where the claim is not lost. Each session's changes are made whole or not at all, and apart
 * from those of other sessions.
 */
export class SharedStore implements SessionStore {
  readonly isDurable = true;
  readonly isShared = true;
  readonly #host: SharedStoreHost;
  /** The revision that was sent last, of each claim. */
  readonly #sent = new WeakMap<Claim, number>();

  constructor(host: SharedStoreHost) {
    this.#host = host;
  }

  /** Reads a session without a claim. */
  async get(id: string): Promise<SessionRecord | undefined> {
    const { seal, space } = this.#host;
    const print = printOf(id);
    const found = await space.read(print);
    return found && seal.openRecord(print, found.record);
  }

  async rows(id: string) {
    const { seal, space } = this.#host;
    const print = printOf(id);
    return seal.openRows(print, (await space.read(print))?.rows ?? []);
  }

  /** @throws ActorsError `store-unavailable`, `state-too-large` */
  async write(changes: readonly StoreChange[]): Promise<void> {
    // All changes before the first wait: what the caller does to a state later is not stored.
    const parts = this.#partsOf(changes).map((part) => ({ ...part, write: this.#writeOf(part) }));
    // Made once more where the engine was lost, or became another server, meanwhile: that is once.
    for (let tries = 0; tries < TRIES; tries++) {
      // An engine that has not been told yet whose the sessions are would take them for others'.
      await Promise.all(parts.map(({ claim }) => this.#host.whenOwn(claim)));
      const left = parts.filter(({ claim }) => !claim.isLost);
      if (left.length === 0) return;
      const { generation, incarnation, space } = this.#host;
      try {
        const writes = left.map(({ write }) => write);
        const written = await space.write(incarnation, writes);
        if (generation === this.#host.generation) return this.#settleAll(left, written);
      } catch (error) {
        if (generation === this.#host.generation) throw error;
      }
    }
    throw new ActorsError('store-unavailable', 'the engine may have forgotten what was written');
  }

  async page({ principal, after, limit }: RecordQuery): Promise<RecordPage> {
    const query = { principal: principal && printOf(principal), after, limit };
    const { listed, next } = await this.#host.space.page(query);
    const records = this.#opened(listed).filter(
      (record) => principal === undefined || record.principal === principal,
    );
    const byPrint = new Map(listed.map(({ print, owner }) => [print, owner]));
    const owners = new Map<string, string>();
    for (const { id } of records) {
      const owner = byPrint.get(printOf(id));
      if (owner !== undefined) owners.set(id, owner);
    }
    return { records, next, owners };
  }

  /** What has expired and is nobody's. */
  async due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    if (!this.#host.mayExpire) return [];
    return this.#opened(await this.#host.space.due(now, limit));
  }

  async count(principal?: string): Promise<number> {
    return this.#host.space.count(principal && printOf(principal));
  }

  /** Records expire by the engine's time: the clocks of its processes may be wrong. */
  async time(): Promise<StoreTime> {
    await this.#host.live();
    const at = this.#host.engineNow();
    return { at, behindMs: this.#host.now() - at };
  }

  /** The store is closed with its cluster. */
  close(): void {}

  #opened(listed: readonly Listed[]): SessionRecord[] {
    return listed.flatMap(({ print, bytes }) => {
      try {
        return this.#host.seal.openRecord(print, bytes);
      } catch (error) {
        this.#host.failed(error);
        return [];
      }
    });
  }

  #partsOf(changes: readonly StoreChange[]): Part[] {
    const parts = new Map<Claim, Part>();
    for (const change of changes) {
      const { claim } = change;
      // What has no claim is no session of this process's: nothing of it is this process's to change.
      if (!(claim instanceof Claim) || claim.isLost) continue;
      let part = parts.get(claim);
      if (part === undefined) parts.set(claim, (part = { claim, changes: [] }));
      part.changes.push(this.#changeOf(claim.print, change));
    }
    return [...parts.values()];
  }

  #changeOf(print: string, change: StoreChange): Change {
    const { seal } = this.#host;
    if (change.type === 'remove') {
      // An owner that was not heard for a while must not bring back what ended elsewhere.
      const { reason, principal } = change;
      return { type: 'remove', tombstone: reason && seal.tombstone(print, { reason, principal }) };
    }
    if (change.type === 'put') {
      const { expiresAt, principal } = change.record;
      const bytes = seal.record(print, change.record);
      const list = principal === undefined ? '' : printOf(principal);
      return { type: 'put', bytes, expiresAt, principal: list };
    }
    const { n, row } = change;
    if (row === undefined) return { type: 'erase', n };
    return { type: 'row', n, bytes: seal.row(print, n, row) };
  }

  #writeOf({ claim, changes }: Part): SessionWrite {
    const revision = Math.max(this.#sent.get(claim) ?? 0, claim.revision) + 1;
    this.#sent.set(claim, revision);
    const by = claim.isBorn ? 'claim' : 'birth';
    return { print: claim.print, right: { by, token: claim.token, revision }, changes };
  }

  /** @throws ActorsError `store-unavailable` where the engine has forgotten a session */
  #settleAll(parts: readonly WrittenPart[], written: readonly Written[]): void {
    const isForgotten = parts.map(({ claim, write }, i) => this.#settle(claim, write, written[i]!));
    if (!isForgotten.includes(true)) return;
    this.#host.forgot();
    throw new ActorsError('store-unavailable', 'the cluster has forgotten a session');
  }

  /** @returns whether the engine has forgotten the session */
  #settle(claim: Claim, { right, changes }: SessionWrite, written: Written): boolean {
    if (written === 'lost') this.#host.lost(claim);
    if (written !== 'done') return written === 'unknown' && !claim.isLost;
    if (right.by !== 'all') claim.revision = Math.max(claim.revision, right.revision);
    claim.isBorn = changes.at(-1)?.type !== 'remove';
    if (claim.isOver && !claim.isBorn) this.#host.ended(claim);
    return false;
  }
}
