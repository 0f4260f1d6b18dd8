/**
 * What `@statelyai/inspect` sends and receives, member for member: its `StatelyInspectionEvent`,
 * written down here so that nothing of that package is needed at run time.
 */
interface Common {
  /** Of an actor. Made by us; never a session's own id. */
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

/** An actor there is, and where it stands. */
export interface StatelyActor extends Common {
  readonly type: '@xstate.actor';
  readonly name: string;
  readonly parentId: string | undefined;
  /** Its machine, as JSON. */
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

/** Of `@statelyai/inspect`, whose words these are. */
export const WIRE_VERSION = '0.7.2';
