import {
  bootOf,
  type EngineClaim,
  type Incarnation,
  type Listed,
  type ListQuery,
  type Looked,
  type Owned,
  type Reasserted,
  type SessionWrite,
  type StoredRow,
  type Written,
} from '../engine.ts';
import {
  ACQUITTED_AGE_MS,
  backOffMs,
  deathsAfter,
  FORGOTTEN_AFTER_MS,
  MAX_BACK_OFF_MS,
} from '../quarantine.ts';
import { type Session, SessionTable } from './sessionTable.ts';

export interface MemorySpaceHost {
  now(): number;
  leftMs(of: Incarnation): number;
  /** When a node was heard last, and when its lease ends; `undefined`: it has left. */
  lastBeat(of: Incarnation): { readonly at: number; readonly until: number } | undefined;
}

type Gone = Extract<Looked, { readonly is: 'ended' | 'unknown' }>;

/** What a `Space` does, on a memory of this process, in one step each. */
export class MemorySpace {
  readonly #host: MemorySpaceHost;
  readonly #table: SessionTable;

  constructor(host: MemorySpaceHost, table = new SessionTable()) {
    this.#host = host;
    this.#table = table;
  }

  look(print: string): Looked {
    const session = this.#table.get(print);
    const leftMs = this.#leftMs(session);
    if (session !== undefined && leftMs > 0) return { is: 'owned', owner: session.owner, leftMs };
    return session?.record === undefined ? this.#gone(print) : { is: 'free' };
  }

  claim(print: string, by: Incarnation, floor: number): EngineClaim {
    const session = this.#table.get(print);
    if (session === undefined) return this.#gone(print);
    const { owner } = session;
    const isOthers = owner !== '' && bootOf(owner) !== bootOf(by);
    const leftMs = this.#leftMs(session);
    if (isOthers && leftMs > 0) return { is: 'theirs', owner, leftMs };
    const { record, revision } = session;
    if (record === undefined) return this.#gone(print);
    const now = this.#host.now();
    if (isOthers) this.#count(session, now);
    const forMs = (session.heldUntil ?? now) - now;
    if (forMs > 0 && forMs <= MAX_BACK_OFF_MS) return { is: 'quarantined', forMs };
    session.owner = by;
    session.token = Math.max(session.token + 1, now, floor);
    session.claimedAt = now;
    session.heldUntil = undefined;
    const { token } = session;
    const from = isOthers ? owner : undefined;
    const isSuspect = session.deaths > 0;
    return { is: 'ours', token, revision, record, rows: rowsOf(session), from, isSuspect };
  }

  write(by: Incarnation, batch: readonly SessionWrite[]): readonly Written[] {
    return batch.map((write) => this.#write(by, write));
  }

  release(
    by: Incarnation,
    { print, token, revision }: Owned,
  ): 'done' | 'behind' | 'lost' | 'unknown' {
    const session = this.#table.get(print);
    if (session === undefined) return 'unknown';
    if (session.token !== token || (session.owner !== by && session.owner !== '')) return 'lost';
    if (session.revision < revision) return 'behind';
    if (session.owner === '') return 'done';
    session.owner = '';
    if (this.#host.now() - session.claimedAt >= FORGOTTEN_AFTER_MS) session.deaths = 0;
    return 'done';
  }

  acquit(by: Incarnation, { print, token }: Owned): void {
    const session = this.#table.get(print);
    if (session?.owner !== by || session.token !== token) return;
    session.claimedAt = Math.min(session.claimedAt, this.#host.now() - ACQUITTED_AGE_MS);
  }

  reassert(by: Incarnation, owned: readonly Owned[]): readonly Reasserted[] {
    return owned.map((each) => this.#reassert(by, each));
  }

  read(
    print: string,
  ): { readonly record: Buffer; readonly rows: readonly StoredRow[] } | undefined {
    const session = this.#table.get(print);
    const record = session?.record;
    return session && record && { record, rows: rowsOf(session) };
  }

  page({ principal, after, limit }: ListQuery): {
    readonly listed: readonly Listed[];
    readonly next: string | undefined;
  } {
    const place = placeOf(after);
    const listed: Listed[] = [];
    let next: string | undefined;
    if (place === null) return { listed, next };
    for (const session of this.#table.list(principal).after(place)) {
      if (listed.length === limit) return { listed, next };
      listed.push(this.#listed(session));
      next = `${session.expiresAt}:${session.order}`;
    }
    return { listed, next: undefined };
  }

  due(now: number, limit: number): readonly Listed[] {
    const due: Listed[] = [];
    for (const session of this.#table.list(undefined).after()) {
      if (session.expiresAt > now || due.length === limit) break;
      const listed = this.#listed(session);
      if (listed.owner === undefined) due.push(listed);
    }
    return due;
  }

  count(principal?: string): number {
    return this.#table.list(principal).size;
  }

  /** The same sessions, as they are now, with another host. */
  copy(host: MemorySpaceHost): MemorySpace {
    return new MemorySpace(host, this.#table.copy());
  }

  #write(by: Incarnation, { print, right, changes }: SessionWrite): Written {
    const before = this.#table.get(print);
    const endsIt = changes.at(-1)?.type === 'remove';
    const now = this.#host.now();
    if (right.by !== 'all') {
      const { token, revision } = right;
      if (before === undefined) {
        if (right.by === 'claim' && !endsIt) return 'unknown';
        if (right.by === 'birth') this.#table.make(print);
      } else {
        if (before.owner !== by || before.token !== token) return 'lost';
        if (before.revision > revision) return 'done';
      }
    }
    for (const change of changes) this.#table.change(print, change, now);
    if (right.by === 'all' || endsIt) return 'done';
    const session = this.#table.get(print) ?? this.#table.make(print);
    if (session !== before) session.claimedAt = now;
    session.owner = by;
    session.token = right.token;
    session.revision = right.revision;
    return 'done';
  }

  #reassert(by: Incarnation, { print, token, revision }: Owned): Reasserted {
    const found = this.#table.get(print);
    // Another node has had it, and it ended there.
    if (found === undefined && this.#gone(print).is === 'ended') return 'lost';
    const session = found ?? this.#table.make(print);
    const { owner } = session;
    if (session.token > token) return 'lost';
    if (session.token === token && owner !== '' && bootOf(owner) !== bootOf(by)) return 'lost';
    const isWhole = session.token === token && session.revision >= revision;
    if (session.token !== token || owner === '') session.claimedAt = this.#host.now();
    session.owner = by;
    session.token = token;
    session.heldUntil = undefined;
    return isWhole && session.record !== undefined ? 'ours' : 'again';
  }

  /** Counts the end of an owner, once. */
  #count(session: Session, now: number): void {
    const beat = this.#host.lastBeat(session.owner);
    if (session.heldUntil !== undefined || beat === undefined) return;
    session.deaths = deathsAfter(session.deaths, beat.at - session.claimedAt);
    // The clock may have been set back since.
    const until = Math.min(beat.until, now);
    session.heldUntil = until + backOffMs(session.deaths);
  }

  #leftMs(session: Session | undefined): number {
    return session === undefined || session.owner === '' ? 0 : this.#host.leftMs(session.owner);
  }

  #gone(print: string): Gone {
    const tombstone = this.#table.tombstone(print, this.#host.now());
    return tombstone === undefined ? { is: 'unknown' } : { is: 'ended', tombstone };
  }

  #listed(session: Session): Listed {
    const { print, record, owner } = session;
    const isOwned = this.#leftMs(session) > 0;
    return { print, bytes: record ?? Buffer.of(), owner: isOwned ? owner : undefined };
  }
}

function rowsOf({ rows }: Session): readonly StoredRow[] {
  return Array.from(rows, ([n, bytes]) => ({ n, bytes })).toSorted((a, b) => a.n - b.n);
}

/** The place a cursor names; `null` for a text that is no cursor. */
function placeOf(
  cursor: string | undefined,
): { readonly expiresAt: number; readonly order: number } | undefined | null {
  if (cursor === undefined) return undefined;
  const [, expiresAt, order] = /^(-?(?:Infinity|\d[\d.e+-]*)):(\d+)$/.exec(cursor) ?? [];
  if (expiresAt === undefined || Number.isNaN(Number(expiresAt))) return null;
  return { expiresAt: Number(expiresAt), order: Number(order) };
}
