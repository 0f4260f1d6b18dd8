import { ExpiryOrder, type Place } from '../../store/expiryOrder.ts';
import type { Change, Incarnation } from '../engine.ts';

/** How long it is remembered that a session has ended. */
const TOMBSTONE_MS = 60_000;

/** What is known of one session. */
export interface Session extends Place {
  readonly print: string;
  /** Empty: nobody. */
  owner: Incarnation;
  token: number;
  revision: number;
  claimedAt: number;
  deaths: number;
  /** Until when nobody gets the session; `undefined`: the end of its owner was not looked at. */
  heldUntil: number | undefined;
  /** Without one, the session is in no list. */
  record: Buffer | undefined;
  expiresAt: number;
  principal: string;
  rows: Map<number, Buffer>;
}

interface Tombstone {
  readonly bytes: Buffer;
  readonly until: number;
}

const NOBODY = {
  owner: '',
  token: 0,
  revision: 0,
  claimedAt: 0,
  deaths: 0,
  heldUntil: undefined,
  record: undefined,
  expiresAt: 0,
  principal: '',
};

/** Sessions by their fingerprints, in the lists they are in, and the tombstones of those that ended. */
export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  readonly #all = new ExpiryOrder<Session>();
  readonly #principals = new Map<string, ExpiryOrder<Session>>();
  /** In the order in which they end. */
  readonly #tombstones = new Map<string, Tombstone>();
  #made = 0;

  get(print: string): Session | undefined {
    return this.#sessions.get(print);
  }

  /** A session that is not there yet. */
  make(print: string): Session {
    const session = { ...NOBODY, print, order: this.#made++, rows: new Map<number, Buffer>() };
    this.#sessions.set(print, session);
    return session;
  }

  change(print: string, change: Change, now: number): void {
    const { type } = change;
    if (type === 'put') this.#put(this.get(print) ?? this.make(print), change);
    else if (type === 'remove') this.#remove(print, change.tombstone, now);
    else if (type === 'row') this.get(print)?.rows.set(change.n, change.bytes);
    else this.get(print)?.rows.delete(change.n);
  }

  tombstone(print: string, now: number): Buffer | undefined {
    const tombstone = this.#tombstones.get(print);
    return tombstone !== undefined && tombstone.until > now ? tombstone.bytes : undefined;
  }

  /** The sessions of a list, in the order they expire. */
  list(principal: string | undefined): ExpiryOrder<Session> {
    if (principal === undefined) return this.#all;
    return this.#principals.get(principal) ?? new ExpiryOrder();
  }

  /** The same sessions, as they are now. */
  copy(): SessionTable {
    const copy = new SessionTable();
    for (const session of this.#sessions.values()) {
      const { print, rows } = session;
      const same = { ...session, rows: new Map(rows) };
      copy.#sessions.set(print, same);
      copy.#enlist(same);
    }
    for (const [print, tombstone] of this.#tombstones) copy.#tombstones.set(print, tombstone);
    copy.#made = this.#made;
    return copy;
  }

  #put(session: Session, { bytes, expiresAt, principal }: Change & { readonly type: 'put' }): void {
    if (session.record === undefined) this.#tombstones.delete(session.print);
    this.#unlist(session);
    session.record = bytes;
    session.expiresAt = expiresAt;
    session.principal = principal;
    this.#enlist(session);
  }

  #remove(print: string, bytes: Buffer | undefined, now: number): void {
    const session = this.get(print);
    if (session !== undefined) this.#unlist(session);
    this.#sessions.delete(print);
    if (bytes === undefined) return;
    this.#tombstones.delete(print);
    this.#tombstones.set(print, { bytes, until: now + TOMBSTONE_MS });
    for (const [each, { until }] of this.#tombstones) {
      if (until > now) break;
      this.#tombstones.delete(each);
    }
  }

  #enlist(session: Session): void {
    const { record, principal } = session;
    if (record === undefined) return;
    this.#all.add(session);
    if (principal === '') return;
    const list = this.list(principal);
    list.add(session);
    this.#principals.set(principal, list);
  }

  #unlist(session: Session): void {
    const { record, principal } = session;
    if (record === undefined) return;
    this.#all.remove(session);
    const list = this.list(principal);
    list.remove(session);
    if (list.size === 0) this.#principals.delete(principal);
  }
}
