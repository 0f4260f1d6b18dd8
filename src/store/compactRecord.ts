import type { SessionRecord } from './record.ts';

/** The fields of a record that are the same for nearly all sleeping sessions. */
interface Common extends Pick<
  SessionRecord,
  'home' | 'confirmed' | 'stateVersion' | 'locals' | 'kept' | 'asked' | 'asleep'
> {
  /** Records keep their times as a difference from this time: numbers that need no object each. */
  readonly base: number;
}

const NONE: readonly string[] = [];

/** Finds the fields that records kept one after the other have in common. */
export class InCommon {
  #last: Common | undefined;

  /** The fields a record shares with the record before: the same object where they are equal. */
  of(record: SessionRecord): Common {
    const { startedAt, home, confirmed, stateVersion, locals, kept, asked, asleep } = record;
    const last = this.#last;
    const isSame =
      last?.confirmed === confirmed &&
      last.home === home &&
      last.stateVersion === stateVersion &&
      last.locals === locals &&
      last.kept === kept &&
      last.asleep === asleep &&
      last.asked.length + asked.length === 0;
    if (isSame) return last;
    const base = last?.base ?? Math.trunc(startedAt);
    const open = asked.length === 0 ? NONE : asked;
    return (this.#last = {
      base,
      home,
      confirmed,
      stateVersion,
      locals,
      kept,
      asked: open,
      asleep,
    });
  }
}

/**
 * A record in as few bytes as it takes, because there may be a million of them: one flat object,
 * and nothing in it twice.
 */
export class CompactRecord {
  readonly id: string;
  readonly principal: string | undefined;
  /** The record's place among the records that expire in the same millisecond. */
  readonly order: number;
  readonly #key: string;
  readonly #handshake: SessionRecord['handshake'];
  readonly #state: unknown;
  readonly #common: Common;
  readonly #started: number;
  readonly #expires: number;
  readonly #epoch: number;
  readonly #standalone: number;

  constructor(record: SessionRecord, common: Common, order: number) {
    this.id = record.id;
    this.principal = record.principal;
    this.order = order;
    this.#key = record.key;
    this.#handshake = record.handshake;
    this.#state = record.state;
    this.#common = common;
    this.#started = record.startedAt - common.base;
    this.#expires = record.expiresAt - common.base;
    this.#epoch = record.epoch;
    this.#standalone = record.standalone;
  }

  get expiresAt(): number {
    return this.#common.base + this.#expires;
  }

  /** The full record that this one was made of. */
  get record(): SessionRecord {
    const { id, principal, expiresAt } = this;
    const { base, ...common } = this.#common;
    return {
      id,
      key: this.#key,
      principal,
      handshake: this.#handshake,
      epoch: this.#epoch,
      startedAt: base + this.#started,
      expiresAt,
      state: this.#state,
      standalone: this.#standalone,
      ...common,
    };
  }
}

/** The compact record of a session with actors of the user's. */
class ActingRecord extends CompactRecord {
  readonly #actors: SessionRecord['actors'];
  readonly #lastsMs: SessionRecord['lastsMs'];

  constructor(record: SessionRecord, common: Common, order: number) {
    super(record, common, order);
    this.#actors = record.actors;
    this.#lastsMs = record.lastsMs;
  }

  override get record(): SessionRecord {
    return { ...super.record, actors: this.#actors, lastsMs: this.#lastsMs };
  }
}

/** Makes the compact form of a record. */
export function compacted(record: SessionRecord, common: Common, order: number): CompactRecord {
  const Compact = record.actors === undefined ? CompactRecord : ActingRecord;
  return new Compact(record, common, order);
}
