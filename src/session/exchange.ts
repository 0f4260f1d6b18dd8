import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { EndReason } from '../../machines/session.ts';
import type { Carrier } from '../events/events.ts';
import type { Rows } from '../store/record.ts';
import type { RequestHead } from '../wire/headers.ts';

/** What brought a message: both SDK generations read from here what their handlers may see. */
export interface Origin {
  readonly head: RequestHead;
  readonly authInfo: AuthInfo | undefined;
  /** The web-standard request, where the adapter has one. */
  readonly request: Request | undefined;
}

/**
 * Something that was asked and is answered once: a POST of Streamable HTTP, a message on a socket.
 * A batch is one exchange with several requests in it.
 */
export interface Exchange {
  /** Every request in it has its answer, or was cancelled. */
  readonly isSettled: boolean;
  /** Whether its own stream is read now, is lost for now, or was never there. */
  readonly reach: 'live' | 'lost' | 'none';
  /** One request's answer. `false`: its client can not be reached any more. */
  answer(json: string, isError?: boolean): boolean;
  /** Something that belongs to a request of this exchange and is not its answer. */
  tell(json: string): boolean;
  /** One request was cancelled: nothing is said, and nobody waits (row C1). */
  cancelled(): void;
}

/** Where a session says what belongs to no request: the GET stream, or the socket. */
export interface Outlet {
  /** The client reads now what is said on it. */
  readonly isReachable: boolean;
  /** How many streams or sockets the client reads now. */
  readonly live: number;
  /** Nothing of the outlet has to stay in this process: it is empty, or stored and read by nobody. */
  readonly isFree: boolean;
  /** Number of the last event that belongs to no request; 0 where there are no such numbers. */
  readonly sequence: number;
  /**
   * Right after something was said: resolves when the client has taken it, `undefined` while there
   * is room. Who awaits it is never cut for being faster than its client.
   */
  drained(): Promise<void> | undefined;
  /** `false`: nobody will ever read it. */
  tell(json: string): boolean;
  /** The session refuses from here on; what is in flight may still be answered. */
  retire(): void;
  /** The session is over; without a reason, it goes on elsewhere. */
  close(reason?: EndReason): void;
}

/** Where a session's outlet goes on from. */
export interface OutletPlace {
  readonly sequence: number;
  readonly rows: Rows;
}

/**
 * Makes the outlets of sessions that are carried in one way: one object for all sessions by HTTP; a
 * line (a socket, a pair of pipes) for its own session.
 *
 * @template S what an outlet needs of its session
 */
export interface Outlets<S> {
  readonly carrier: Carrier;
  /** A client can come back to the session by its id: it may be stored, and found. */
  readonly hasId: boolean;
  open(session: S, from?: OutletPlace): Outlet;
}

/** What a message comes with, under the names both SDK generations look for. */
export interface Extra {
  readonly authInfo: AuthInfo | undefined;
}
