import type { StatelyActor, StatelySnapshot } from './packets.ts';

/** An actor as the inspector shows it: the supervisor, a session, a handle, or a user's actor. */
export interface Player extends Pick<StatelyActor, 'sessionId' | 'name' | 'definition'> {
  readonly parent: Player | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  snapshot: StatelySnapshot;
}
