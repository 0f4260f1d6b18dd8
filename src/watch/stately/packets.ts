/**
 * What all packets have. The packets are what `@statelyai/inspect` sends and receives, member for
 * member: its `StatelyInspectionEvent`, written down here so that the package is not needed at run
 * time.
 */
interface Common {
  /** Id of the actor, made by the bridge; never a session's own id. */
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds since the epoch, as text. */
  readonly createdAt: string;
  readonly id: string;
  readonly _version: string;
}

export interface StatelySnapshot {
  readonly status: 'active' | 'done';
  readonly value: unknown;
  readonly context: object;
  readonly tags: readonly string[];
  readonly children: object;
  readonly historyValue: object;
  readonly output: undefined;
  readonly error: undefined;
}

/** Announces an actor, with its definition and its present snapshot. */
export interface StatelyActor extends Common {
  readonly type: '@xstate.actor';
  readonly name: string;
  readonly parentId: string | undefined;
  /** The actor's machine, as JSON. */
  readonly definition: string;
  readonly snapshot: StatelySnapshot;
}

export interface StatelyTold extends Common {
  readonly type: '@xstate.event';
  readonly event: { readonly type: string };
  readonly sourceId: string | undefined;
}

export interface StatelyMoved extends Common {
  readonly type: '@xstate.snapshot';
  readonly event: { readonly type: string };
  readonly snapshot: StatelySnapshot;
}

export type StatelyPacket = StatelyActor | StatelyTold | StatelyMoved;

/** Version of `@statelyai/inspect` whose packets these are. */
export const WIRE_VERSION = '0.7.2';
