import type { Awaitable } from '../base/awaitable.ts';
import { ActorsError } from '../base/errors.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Keeper } from '../store/keeper.ts';
import type { Rows, SessionRecord } from '../store/record.ts';
import type { Claim } from '../store/store.ts';
import type { Handover } from './handover.ts';
import type { Ownership } from './ownership.ts';
import type { Elsewhere, Nowhere } from './whereabouts.ts';

export type Found = SessionActor | undefined;

/** What is stored of a session that may be recalled here. */
interface Stored {
  readonly at: 'store';
  readonly record: SessionRecord | undefined;
  readonly rows: Rows;
  readonly claim: Claim | undefined;
}

/** A session, or another actor that a store has, as it is recalled. */
interface Recalled {
  readonly at: 'here';
}

/** What recalling sessions needs of the directory. */
export interface RecallsHost<S extends Recalled> {
  readonly supervisor: { readonly isAdmitting: boolean };
  readonly keeper: Keeper;
  resident(id: string): S | undefined;
  hasEnded(id: string): boolean;
  /** Makes the actor of a record; `undefined` where the record has expired. */
  revive(record: SessionRecord, rows: Rows, claim: Claim | undefined): S | undefined;
}

/** Brings sessions back from a durable store: each is claimed and read once for all who ask. */
export class Recalls<S extends Recalled> {
  readonly #host: RecallsHost<S>;
  readonly #ownership: Ownership;
  readonly #handover: Pick<Handover, 'handOver'>;
  /** Records that are being read: requests that come meanwhile wait for the same read. */
  readonly #loading = new Map<string, Promise<Stored | Elsewhere | Nowhere>>();

  constructor(host: RecallsHost<S>, ownership: Ownership, handover: Pick<Handover, 'handOver'>) {
    this.#host = host;
    this.#ownership = ownership;
    this.#handover = handover;
  }

  /**
   * Recalls a session.
   *
   * @param isWanted may it come back
   * @param found the record, where it has been asked for
   * @throws ActorsError `store-unavailable`, `record-corrupt`, `not-admitted`
   */
  async look(
    id: string,
    isWanted: (record: SessionRecord) => boolean,
    found?: Awaitable<SessionRecord | undefined>,
  ): Promise<S | Elsewhere | Nowhere | undefined> {
    const host = this.#host;
    this.#admits();
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.#load(id, found).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    const where = await loading;
    // The session may have been recalled, or have ended, while the store was asked.
    const resident = host.resident(id);
    if (resident !== undefined || host.hasEnded(id) || host.keeper.isOver) return resident;
    if (where.at !== 'store') return where;
    const { record, rows, claim } = where;
    if (host.supervisor.isAdmitting && record !== undefined && isWanted(record)) {
      return host.revive(record, rows, claim);
    }
    if (claim !== undefined) await this.#giveBack(id, claim);
    this.#admits();
    return host.resident(id);
  }

  /** Nobody who asked may have the session: other processes can have it. */
  async #giveBack(id: string, claim: Claim): Promise<void> {
    // Whoever waited for the same claim goes first.
    await Promise.resolve();
    if (this.#host.resident(id) === undefined) this.#handover.handOver(id, claim);
  }

  async #load(
    id: string,
    found?: Awaitable<SessionRecord | undefined>,
  ): Promise<Stored | Elsewhere | Nowhere> {
    const claimed = await this.#ownership.claim(id);
    if (claimed !== 'ours') return claimed.at === 'ours' ? { ...claimed, at: 'store' } : claimed;
    const [record, rows] = await this.#host.keeper.load(id, found);
    return { at: 'store', record, rows, claim: undefined };
  }

  /** @throws ActorsError `not-admitted` in a drain: what is stored is the next process's */
  #admits(): void {
    if (this.#host.supervisor.isAdmitting) return;
    throw new ActorsError('not-admitted', 'the runtime drains: nobody is recalled any more');
  }
}

/** What was found in this process. */
export function here<S extends Recalled>(
  where: S | Elsewhere | Nowhere | undefined,
): S | undefined {
  return where?.at === 'here' ? where : undefined;
}
