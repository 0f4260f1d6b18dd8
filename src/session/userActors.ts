import type { AnyActorLogic } from 'xstate';
import type { ActorsRecord, SessionRecord } from '../store/record.ts';
import type { UserActor } from './userActor.ts';

/** The user's actors in one session, as the session uses them. */
export interface UserActors {
  /** The actor of the runtime's option `machine`. */
  readonly main: UserActor | undefined;
  /** @throws ActorsError `bad-option`, `session-over`, `too-many-resources` */
  spawn(
    logic: AnyActorLogic,
    options: { readonly id: string; readonly input?: unknown },
  ): UserActor;
  /** The session's server is there: starts the actors that were made for it. */
  start(): void;
  /** The session's server is released: ends the actors. What the next ones go on from is kept. */
  stop(): void;
  /** Something that runs can not be put away, so the session has to stay awake. */
  readonly isHolding: boolean;
  /** An actor has made a step since it was started. */
  readonly isTouched: boolean;
  /** When the next delayed event is due, in milliseconds since the epoch. */
  readonly dueAt: number | undefined;
  /** What is stored of the actors. */
  record(): RecordedActors;
  /** The session goes on as a record. */
  leave(): void;
}

/** What is stored of a session's actors. */
export interface RecordedActors {
  /** `undefined`: there is nothing to be stored. */
  readonly actors: Omit<ActorsRecord, 'base'> | undefined;
  readonly dueAt: number | undefined;
  /** Names of actors that can not be stored. */
  readonly leftOut: readonly string[];
}

/** The user's actors in all sessions of a runtime. @template S a session */
export interface ActorRegistry<S> {
  /** There is a machine, so stored sessions may have delayed events. */
  readonly hasMachine: boolean;
  /** The actors of a session; `undefined` where there never were any. */
  of(session: S): UserActors | undefined;
  /** The same, made where there never were any. */
  open(session: S): UserActors;
  /** Makes the actor of the option `machine` for a server that is about to be made. */
  prepare(session: S): void;
  /** Goes on from what was stored of a session's actors, if anything was. */
  restore(session: S, record: SessionRecord): void;
}
