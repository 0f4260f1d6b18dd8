import type {
  AnyActorLogic,
  EmittedFrom,
  EventFromLogic,
  InputFrom,
  SnapshotFrom,
  Subscription,
} from 'xstate';

/** How long to wait for a snapshot: see `UserActor.waitFor`. */
export interface WaitOptions {
  /** How long to wait, in milliseconds > 0; `Infinity` waits until the actor is over. @default 60 s */
  readonly timeoutMs?: number;
  /** Ends the wait: give it the handler's. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An XState actor that a session owns. Errors of the actor, of its children and of its subscribers
 * are crashes of the session, and of no other.
 *
 * @template L the actor's logic
 */
export interface UserActor<L extends AnyActorLogic = AnyActorLogic> {
  /** The actor's name in the session. */
  readonly id: string;
  /**
   * Sends an event. Never throws: `false` means that the actor is over, and that the event became a
   * dead letter.
   */
  send(event: EventFromLogic<L>): boolean;
  /** The last snapshot, also of an actor that is over. */
  getSnapshot(): SnapshotFrom<L>;
  /** Hears each snapshot from here on. */
  subscribe(
    observer:
      | ((snapshot: SnapshotFrom<L>) => void)
      | {
          next?(snapshot: SnapshotFrom<L>): void;
          error?(error: unknown): void;
          complete?(): void;
        },
  ): Subscription;
  /** Hears the events that the actor emits; `'*'` is each of them. */
  on<T extends EmittedFrom<L>['type'] | '*'>(
    type: T,
    handler: (
      emitted: T extends '*' ? EmittedFrom<L> : Extract<EmittedFrom<L>, { readonly type: T }>,
    ) => void,
  ): Subscription;
  /**
   * Waits for a snapshot.
   *
   * @throws ActorsError `timed-out`; `session-over` where the actor is over before; the error of the
   * actor; the reason of `signal`
   */
  waitFor(
    test: (snapshot: SnapshotFrom<L>) => boolean,
    options?: WaitOptions,
  ): Promise<SnapshotFrom<L>>;
}

/** The actor that sessions have of a runtime's option `machine`. @template M the machine */
export type ActorOf<M> = M extends AnyActorLogic ? UserActor<M> : M;

/** How a session's actor is made: see `Session.spawn`. */
export type SpawnOptions<L extends AnyActorLogic> = {
  /** The actor's name in the session: of two, one at a time. The program's word, not the client's. */
  readonly id: string;
} & (undefined extends InputFrom<L>
  ? { readonly input?: InputFrom<L> }
  : { readonly input: InputFrom<L> });
