import type { Effects } from '../actor/effects.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import type { ActorRegistry } from './userActors.ts';
import { EARLY_CANCEL_MS, type EarlyCancel } from './earlyCancels.ts';
import type { Question } from './questions.ts';
import type { ServerFactory, ServerOptions, Session, Woken } from './session.ts';
import { SharedLists } from './sharedLists.ts';
import { SharedValidator } from './validator.ts';

/** What the user of a runtime sets for its sessions. */
export interface SessionSettings<T = unknown> {
  readonly server: ServerFactory<T>;
  readonly state: StateSettings<T>;
  readonly sleep: boolean;
  readonly sharedLists: boolean;
  readonly onSleep?: (session: Session<T>) => unknown;
  readonly onWake?: (session: Session<T>, woken: Woken) => void | Promise<void>;
}

/** How the state of a session is made, stored and read. */
export interface StateSettings<T = unknown> {
  readonly create: (() => T) | undefined;
  readonly version: number;
  readonly migrate: ((state: unknown, from: number) => T) | undefined;
  readonly encode: ((state: T) => unknown) | undefined;
  readonly decode: ((data: unknown) => T) | undefined;
}

/**
 * The directory, as a session uses it.
 *
 * @template S a session
 */
export interface Home<S> {
  /** Turns a sleeping session into its record, where nothing in this process needs its actor. */
  passivate(session: S): void;
  /**
   * Where several processes have the sessions: resolves when this one knows again which of them are its
   * own, and rejects where it does not find out. `undefined`: it knows.
   */
  heldUp(): Promise<void> | undefined;
  /** A session has ended here. */
  buried(session: S): void;
  /** The session's next actor in this process, where the last one became a record. */
  successor(session: S): S | undefined;
  /**
   * Runs `use` on the session's present actor.
   *
   * @param gone runs instead where the session has ended
   * @throws whatever a durable store failed with
   */
  reach<T>(session: S, use: (there: S) => T, gone: () => Awaited<T>): Promise<Awaited<T>>;
}

/** What all sessions of one runtime share. */
export class World<S> {
  readonly services: Services;
  readonly effects: Effects<S>;
  readonly settings: SessionSettings;
  readonly keeper: Keeper;
  readonly home: Home<S>;
  /** The actors of user code. */
  readonly actors: ActorRegistry<S>;
  /** `undefined`: each session's own server is asked for its lists. */
  readonly lists: SharedLists | undefined;
  #serverOptions: ServerOptions | undefined;
  /** Questions that wait, up to `unreachableAfterMs`, for a stream they can travel on. */
  readonly unreached: DeadlineQueue<Question>;
  /** Cancels whose requests may still be on their way; `undefined`: one process has all sessions. */
  readonly early: DeadlineQueue<EarlyCancel> | undefined;

  constructor(
    services: Services,
    settings: SessionSettings,
    keeper: Keeper,
    home: Home<S>,
    effects: Effects<S>,
    actors: ActorRegistry<S>,
  ) {
    this.services = services;
    this.effects = effects;
    this.settings = settings;
    this.keeper = keeper;
    this.home = home;
    this.actors = actors;
    this.lists = settings.sharedLists ? new SharedLists(services) : undefined;
    const { deadlines, limits } = services;
    this.unreached = deadlines.queue(limits.unreachableAfterMs, (question) => question.giveUp?.());
    this.early = keeper.isShared
      ? deadlines.queue(EARLY_CANCEL_MS, (cancel) => cancel.late())
      : undefined;
  }

  /**
   * What waits here for its turn may have become another process's matter: resolves when that can be
   * told again, or is to be asked again. `undefined`: all sessions here are this process's.
   */
  heldUp(): Promise<void> | undefined {
    return this.home.heldUp()?.catch(() => this.keeper.soon());
  }

  /** Made when a factory first asks: a server that is not the SDK's needs none. */
  get serverOptions(): ServerOptions {
    return (this.#serverOptions ??= { jsonSchemaValidator: new SharedValidator() });
  }
}
