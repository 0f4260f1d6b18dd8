import { isSharedPart, type SharedPart } from '../directory/cluster.ts';

/** What the processes have in common: the name of a part of their store; `undefined`: sessions. */
export type SpaceName = SharedPart | undefined;

/** Whether this release knows of such a space. */
export function isSpace(name: unknown): name is SpaceName {
  return name === undefined || isSharedPart(name);
}

/**
 * One life of a node: `<boot>#<n>`, the process and how many leases it has had. A node that has lost
 * its lease goes on as another incarnation.
 */
export type Incarnation = string;

/** The process that an incarnation is of. */
export function bootOf(incarnation: Incarnation): string {
  return incarnation.slice(0, incarnation.lastIndexOf('#'));
}

/** What an engine says to a node that begins or renews its lease. */
export interface Beat {
  /** The lease had not ended. `false`: nothing was renewed, and the node begins another one. */
  readonly isKept: boolean;
  /** The time of the engine, in milliseconds since the epoch. */
  readonly now: number;
  /** The server that answered: another name means another memory, perhaps an older one. */
  readonly server: string;
  /** When that server was first seen, by its own time. */
  readonly since: number;
}

/** A node with a lease. */
export interface Member {
  readonly incarnation: Incarnation;
  /** What the node says of itself, as it was given to `join` and `renew`. */
  readonly about: Buffer;
}

/** Whose a session is. */
export type Looked =
  | { readonly is: 'owned'; readonly owner: Incarnation; readonly leftMs: number }
  /** Nobody's, or its owner's lease is over: whoever gets a request for the session may claim it. */
  | { readonly is: 'free' }
  /** Over, a short time ago. */
  | { readonly is: 'ended'; readonly tombstone: Buffer }
  | { readonly is: 'unknown' };

/** What came of a claim. */
export type EngineClaim =
  | {
      readonly is: 'ours';
      /** Grows with each claim of the session, whoever makes it. */
      readonly token: number;
      /** The revision that was written last. */
      readonly revision: number;
      readonly record: Buffer;
      readonly rows: readonly StoredRow[];
      /** Whose the session was, and whose lease was over; `undefined`: nobody's, or our own. */
      readonly from: Incarnation | undefined;
      /** Owners of the session have ended soon after their claims: see `acquit`. */
      readonly isSuspect: boolean;
    }
  /** The owner's lease has so much time left; nothing was changed. */
  | { readonly is: 'theirs'; readonly owner: Incarnation; readonly leftMs: number }
  /** The session has ended one owner after the other: nobody gets it for so long. */
  | { readonly is: 'quarantined'; readonly forMs: number }
  | Exclude<Looked, { readonly is: 'owned' | 'free' }>;

export interface StoredRow {
  readonly n: number;
  readonly bytes: Buffer;
}

/** One change of a session. A row of a session that is not there is no row. */
export type Change =
  | {
      readonly type: 'put';
      readonly bytes: Buffer;
      /** In milliseconds since the epoch, by the engine's time. */
      readonly expiresAt: number;
      /** In whose list the session is; empty: in nobody's. */
      readonly principal: string;
    }
  /** The record and every row. What is put behind it in the same write is all there is then. @param tombstone is kept for a minute */
  | { readonly type: 'remove'; readonly tombstone: Buffer | undefined }
  | { readonly type: 'row'; readonly n: number; readonly bytes: Buffer }
  | { readonly type: 'erase'; readonly n: number };

/**
 * By what right something is written. The revision grows with each write of a session: a write with an
 * older one than the engine has is taken for made.
 */
export type Right =
  /** By a claim: of this owner and with this token. */
  | { readonly by: 'claim'; readonly token: number; readonly revision: number }
  /** The session begins: it must not be there, unless this same write has been made already. */
  | { readonly by: 'birth'; readonly token: number; readonly revision: number }
  /** What belongs to all nodes. */
  | { readonly by: 'all' };

/** Changes of one session: made whole, in order, or not at all. */
export interface SessionWrite {
  readonly print: string;
  readonly right: Right;
  readonly changes: readonly Change[];
}

/**
 * `lost`: the claim is over; `unknown`: the engine has forgotten the session. Nothing was changed. What
 * ends with `remove` is `done` also where the session is not there.
 */
export type Written = 'done' | 'lost' | 'unknown';

/** A session that a node owns, as it is told to an engine that may have forgotten. */
export interface Owned {
  readonly print: string;
  readonly token: number;
  /** The revision that the engine acknowledged last. */
  readonly revision: number;
}

/**
 * `ours`: all of it is there; `again`: the session is the node's, and the engine has less than the node
 * wrote: record and rows are to be written again, behind a `remove` in the same write; `lost`: another
 * node has had it since, or it has ended.
 */
export type Reasserted = 'ours' | 'again' | 'lost';

/** A stored record, as a list has it. */
export interface Listed {
  readonly print: string;
  readonly bytes: Buffer;
  /** `undefined`: nobody's, or its owner's lease is over. */
  readonly owner: Incarnation | undefined;
}

export interface ListQuery {
  /** In whose list; `undefined`: in the list of all. */
  readonly principal?: string | undefined;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * What a cluster knows of one kind of thing: sessions, or a part of a store. Sessions are named by
 * fingerprints, because their ids are secrets, and so are principals.
 *
 * What is claimed, written, released or asserted is meant for the server that the last beat came from.
 * Another one refuses it with `store-unavailable`, and changes nothing.
 */
export interface Space {
  look(print: string): Promise<Looked>;
  /**
   * Makes a session a node's where it is nobody's, the node's own or of an owner whose lease is over.
   * Never creates. Each claim makes a new token.
   *
   * @param floor what a new token is at least: the time of the engine as the node knows it
   */
  claim(print: string, by: Incarnation, floor: number): Promise<EngineClaim>;
  /** @returns what came of each, in the order in which they were given */
  write(by: Incarnation, batch: readonly SessionWrite[]): Promise<readonly Written[]>;
  /**
   * Makes a session nobody's. `behind`: not done, for the engine has an older revision. Done twice is
   * done.
   */
  release(by: Incarnation, owned: Owned): Promise<'done' | 'behind' | 'lost' | 'unknown'>;
  /**
   * The owner of a session under suspicion goes on, with nothing of the session under way: the end of
   * this owner is not counted against the session any more. Nothing where the claim is over.
   */
  acquit(by: Incarnation, owned: Owned): Promise<void>;
  /**
   * Says again what is a node's, to an engine that may have lost some of it. A session of an earlier
   * incarnation of the same process is the node's.
   */
  reassert(by: Incarnation, owned: readonly Owned[]): Promise<readonly Reasserted[]>;
  /** Reads without a claim. */
  read(
    print: string,
  ): Promise<{ readonly record: Buffer; readonly rows: readonly StoredRow[] } | undefined>;
  page(
    query: ListQuery,
  ): Promise<{ readonly listed: readonly Listed[]; readonly next: string | undefined }>;
  /** What has expired and is nobody's, or of an owner whose lease is over; the oldest first. */
  due(now: number, limit: number): Promise<readonly Listed[]>;
  count(principal?: string): Promise<number>;
}

/**
 * Where the nodes of a cluster agree on who has what: leases of nodes, owners and records of sessions.
 * Every method rejects with `store-unavailable` where the engine can not be asked. A call whose answer
 * was lost can be made again.
 */
export interface Engine {
  /**
   * Begins a lease.
   *
   * @param about what the node says of itself, for `members`
   * @throws ActorsError `store-unfit` where the engine can not keep a cluster
   */
  join(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat>;
  /** Renews a lease that has not ended. Creates none. */
  renew(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat>;
  /** Ends a lease. A node that has left has not died of its sessions. */
  leave(as: Incarnation): Promise<void>;
  /** How long a lease lasts, in milliseconds; 0: it is over. */
  leftMs(of: Incarnation): Promise<number>;
  /** The nodes whose leases last. */
  members(): Promise<readonly Member[]>;
  /** @param name of a part; `undefined`: sessions */
  space(name: string | undefined): Space;
  /**
   * Told when a connection was lost and there is one again, and, before its beat is handed on, when
   * another server answers than before. Answers to what was asked before count for nothing. One
   * failure may be told of twice.
   */
  onReconnect(listener: () => void): void;
  close(): Promise<void>;
}
