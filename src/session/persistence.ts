import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';
import type { Persisted } from '../store/writer.ts';
import type { ResponseMessage } from '../wire/jsonrpc.ts';
import type { Ask } from './envelope.ts';
import { type Handshake, HANDSHAKE_METHODS } from './handshake.ts';

const DONE = Promise.resolve();
const STORED = Promise.resolve(true);

/** What storing a session needs of it. */
export interface PersistenceHost {
  readonly id: string;
  readonly key: string;
  readonly services: Services;
  readonly handshake: Handshake;
  /** The session goes on as its record, perhaps by another actor. */
  readonly isDismissed: boolean;
  /** What is to be stored of it now; `undefined` where that can not be stored. */
  record(): SessionRecord | undefined;
  /** A write is done: it may have been all that kept a sleeping session here. */
  passivate(): void;
}

/** What a durable store has of one session: whether that is what there is, and until when. */
export class Persistence implements Persisted {
  readonly #host: PersistenceHost;
  readonly #keeper: Keeper;
  /** What is stored is not what there is. */
  #isDirty = false;
  /** The write that is under way. */
  #storing: Promise<void> | null = null;
  /** The session ended: nothing of it is stored any more. */
  #forgotten: Promise<void> | null = null;
  /** Something of the session is stored, or will be. */
  #isUsed = false;
  /** What is stored says that the session sleeps. */
  #isStoredAsleep = false;
  /** When what is stored expires. */
  storedUntil = 0;

  constructor(host: PersistenceHost, keeper: Keeper) {
    this.#host = host;
    this.#keeper = keeper;
  }

  get id(): string {
    return this.#host.id;
  }

  get key(): string {
    return this.#host.key;
  }

  /** What is stored, or will be in a moment, is what there is. */
  get isClean(): boolean {
    return !this.#isDirty && this.#storing === null && !this.#keeper.isBusy(this.id);
  }

  /** Resolves when the store has forgotten a session that ended. */
  get forgotten(): Promise<void> | null {
    return this.#forgotten;
  }

  /** What is stored of the session is not this one's to change: it ended, or another goes on with it. */
  get #isOver(): boolean {
    return this.#forgotten !== null || this.#host.isDismissed;
  }

  /** The store knows the session. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** The session goes on from a record. */
  restore({ asleep, expiresAt }: SessionRecord): void {
    this.#isUsed = true;
    this.#isStoredAsleep = asleep;
    this.storedUntil = expiresAt;
  }

  /** The session is in use: whoever finds it in the store must not take it for one that sleeps. */
  activated(): void {
    if (this.#isStoredAsleep) this.changed();
  }

  /** Something has changed that is stored nowhere yet, and nobody waits for it. */
  touch(): void {
    this.#isDirty = true;
  }

  /** Something that is stored has changed. */
  changed(): void {
    if (this.#isOver) return;
    this.#isUsed = true;
    this.#isDirty = true;
    this.#keeper.mark(this);
  }

  record(): SessionRecord | undefined {
    this.#isDirty = false;
    const record = this.#host.record();
    if (record !== undefined) this.restore(record);
    return record;
  }

  /** Called by the deadlines, some time after a change. */
  writeBehind(): void {
    // A write that failed is marked again, perhaps after its session's end.
    if (this.#isDirty && !this.#isOver) this.store().catch(() => {});
  }

  /** Stores the session now. @throws whatever the store failed with: it goes on in memory */
  store(): Promise<void> {
    if (this.#isOver) return DONE;
    this.#isUsed = true;
    const storing = this.#keeper.put(this);
    this.#storing = storing;
    storing.then(
      () => this.#stored(storing),
      () => {
        this.#isDirty = true;
        this.#stored(storing);
      },
    );
    return storing;
  }

  /** Stores the session now. `false`: the store failed, and the session goes on in memory. */
  stored(): Promise<boolean> {
    return this.store().then(
      () => true,
      () => false,
    );
  }

  /** An answer leaves when what it was computed from is stored (the first one, when anything is). */
  beforeAnswer(ask: Ask, response: ResponseMessage): Promise<boolean> | undefined {
    const { handshake, services } = this.#host;
    const { method } = ask.message;
    if (method === 'initialize') {
      if (response.result === undefined) return undefined;
      handshake.note(ask, response);
      return this.stored();
    }
    if (HANDSHAKE_METHODS.has(method)) {
      handshake.note(ask, response, services.limits.maxSubscriptionBytes);
      this.changed();
    }
    const pending = this.#isDirty ? this.store() : this.#storing;
    // Its client is answered whether or not the store took it: the session goes on in memory.
    return pending?.then(
      () => true,
      () => true,
    );
  }

  /** Stores a row of the session's streams. `false`: the store failed. */
  row(n: number, row: string | undefined): Promise<boolean> {
    return this.#forgotten === null ? this.#keeper.row(this.id, n, row) : STORED;
  }

  /** The session ended and must not come back. */
  forget(): void {
    this.#forgotten ??= this.#keeper.forget(this);
    // Whoever needs to know awaits it; nobody else has to.
    this.#forgotten.catch(() => {});
  }

  #stored(storing: Promise<void>): void {
    if (this.#storing !== storing) return;
    this.#storing = null;
    this.#host.passivate();
  }
}
