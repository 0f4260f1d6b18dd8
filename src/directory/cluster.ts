import type { ClusterStats } from '../events/clusterStats.ts';
import type { Services } from '../events/services.ts';
import type { BodyLimits } from '../wire/body.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Claim, SessionStore, StorePart } from '../store/store.ts';
import type { OwnedStore, Ownership } from './ownership.ts';
import type { Done, Verb } from './verb.ts';
import type { SessionView } from './view.ts';
import type { Forwarded } from './whereabouts.ts';

/** Parts of a store of which every process of a cluster has the same. */
export const SHARED_PARTS = [
  'tasks',
  'handles',
  'principals',
] as const satisfies readonly StorePart[];
export type SharedPart = (typeof SHARED_PARTS)[number];

export function isSharedPart(name: unknown): name is SharedPart {
  return SHARED_PARTS.some((each) => each === name);
}

/** The sessions that are in this process; or, of a part of the store, what is kept there. */
export interface Residents {
  /** The session is in this process, and can be given a message in this turn. */
  isServing(id: string): boolean;
  /** The session ends in this process, and takes what its client says of work in flight. */
  isSettling(id: string): boolean;
  /** The session is in use, or has something that it would lose. */
  isInUse(id: string): boolean;
  /** Nothing of the session is under way in this process. */
  isCalm(id: string): boolean;
  /** Resolves when a session that was ending or leaving has ended or left, or stays. */
  settled(id: string): Promise<void>;
  /** Has a session in this process, if need be by a claim. @returns whether it is here */
  recall(id: string): Promise<boolean>;
  /** Another process goes on with the session of a claim. */
  lose(claim: Claim): void;
  /** The store has lost some of what was written by a claim. */
  restow(claim: Claim): void;
  /** Acts on a session that is here, or that is nobody's, for another process. */
  act(id: string, verb: Verb): Promise<Done>;
}

/** What of each part is in this process. */
export type PartResidents = Readonly<Record<SharedPart, Residents>>;

/** Of a part that this process has no use for. */
export const NOBODY: Residents = {
  isServing: () => false,
  isSettling: () => false,
  isInUse: () => false,
  isCalm: () => false,
  settled: () => Promise.resolve(),
  recall: () => Promise.resolve(false),
  lose: () => {},
  restow: () => {},
  act: () => Promise.resolve(false),
};

/** What a cluster needs of the runtime that is one of its processes. */
export interface ClusterHost extends Residents {
  readonly services: Services;
  readonly bodyLimits: BodyLimits;
  /** New sessions are admitted here, and others recalled. */
  readonly isAdmitting: boolean;
  /** There is a place for one more session. */
  readonly hasRoom: boolean;
  /** Has a session fall asleep here where that loses nothing. @returns whether the session does */
  layDown(id: string): boolean;
  /** What of a part is in this process. */
  of(part: SharedPart): Residents;
  /** Serves a request of another process's client: its session is here. Never throws. */
  serve(request: Forwarded, port: ResponsePort): void;
  /** Serves a request from the start, wherever its session is. Never throws. */
  again(request: Forwarded, port: ResponsePort): void;
  /** Shows those of the sessions that are here. */
  views(ids: readonly string[]): readonly SessionView[];
  /** A client was given an error. */
  refused(code: RefusalCode): void;
}

/**
 * Several processes with one set of sessions. Made by `mcp-actors/cluster` or `mcp-actors/redis`, for one
 * runtime.
 */
export interface Cluster {
  /** Where sessions are kept: the place of the option `store`. */
  readonly store: SessionStore;
  readonly ownership: Ownership;
  /** What else than sessions all processes have. */
  part(name: SharedPart): OwnedStore;
  /** What all processes of the cluster seal with. */
  readonly secrets: readonly string[];
  /** Joins. Called once, by the runtime. */
  open(host: ClusterHost): void;
  /** What this process does in the cluster, and has done: a copy. */
  stats(): ClusterStats;
  /** Claims nothing from here on: the process is about to leave. */
  retire(): void;
  /**
   * Resolves when other processes have answered all that this one's clients wait for, at the latest after
   * `withinMs` milliseconds. Never rejects.
   */
  answered(withinMs: number): Promise<void>;
  /** Leaves, for good. Never rejects. */
  leave(): Promise<void>;
}
