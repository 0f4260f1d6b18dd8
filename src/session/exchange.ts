import type { Awaitable } from '../base/awaitable.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { EndReason } from '../../machines/session.ts';
import type { Carrier } from '../events/events.ts';
import type { Rows } from '../store/record.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { SdkTransport } from '../wire/sdkTransport.ts';
import type { RequestId, RequestMessage, ResponseMessage, RpcError } from '../wire/jsonrpc.ts';
import type { CallScope } from './callScope.ts';

/** What brought a message: both SDK generations read from here what their handlers may see. */
export interface Origin {
  readonly head: RequestHead;
  readonly authInfo: AuthInfo | undefined;
  /** The web-standard request, where there was one of HTTP. */
  readonly request?: Request | undefined;
  /** The whole URL of the request, where there was one of HTTP. */
  readonly url?: URL | undefined;
}

/**
 * Something a client asked that is answered once: a POST of Streamable HTTP, a message on a socket.
 * A batch is one exchange with several requests in it.
 */
export interface Exchange {
  /** Every request of the exchange has its answer, or was cancelled. */
  readonly isSettled: boolean;
  /** Whether the exchange's own stream is read now, is lost for now, or was never there. */
  readonly reach: 'live' | 'lost' | 'none';
  /** Answers one request of the exchange. `false`: the client can not be reached any more. */
  answer(json: string, isError?: boolean): boolean;
  /** Sends what belongs to a request of this exchange and is not its answer. `false`: not sent. */
  tell(json: string): boolean;
  /** One request of the exchange was cancelled: nothing is said, and nobody waits (row C1). */
  cancelled(): void;
  /** Takes an answer that ends no request: its handler will run again. `false`: it does end it. */
  goesOn?(response: ResponseMessage): boolean;
  /** Makes the text of an answer, where the exchange has a form of its own for answers. */
  encode?(response: ResponseMessage): string;
  /** Takes a question of the request's handler, where the exchange has a way of its own to ask. */
  ask?(question: Asked): void;
  /** The handler waits no longer for the answer to a question. */
  unask?(wireId: RequestId): void;
}

/** A question of a handler on its way to the client, for an exchange with a way of its own to ask. */
export interface Asked {
  /** The id by which the session knows the answer, a response that its mailbox takes. */
  readonly wireId: RequestId;
  readonly message: RequestMessage;
  /** Nobody will answer: the handler gets an error. */
  fail(this: void, error: RpcError): void;
}

/** Where a session sends what belongs to no request: its GET stream, or its socket. */
export interface Outlet {
  /** The client reads the outlet now. */
  readonly isReachable: boolean;
  /** How many streams or sockets of the outlet the client reads now. */
  readonly live: number;
  /** This process can drop the outlet: the outlet is empty, or stored and read by nobody. */
  readonly isFree: boolean;
  /** Behind which number the outlet of the session's next actor goes on; 0 without events. */
  readonly sequence: number;
  /**
   * Right after a `tell`: resolves when the client has taken the message, `undefined` while there
   * is room. A caller that awaits this is never cut for being faster than its client.
   */
  drained(): Promise<void> | undefined;
  /** Sends a message. `false`: no client will ever read it. */
  tell(json: string): boolean;
  /**
   * The session refuses messages from here on; requests in flight may still be answered.
   *
   * @param reason why the session ends; without one, its server asks only for the stream to end
   */
  retire(reason?: EndReason): void;
  /** The store has the session again, and nothing of what the outlet had stored: it is stored again. */
  restow?(): void;
  /** Ends the outlet of a session that is over; without a reason, it goes on elsewhere. */
  close(reason?: EndReason): void;
}

/** Where the outlet of a session goes on from when the session comes back from its record. */
export interface OutletPlace {
  readonly sequence: number;
  readonly rows: Rows;
}

/**
 * Makes the outlets of the sessions of one carrier. HTTP has one such object for all its sessions,
 * a line (a socket, a pair of pipes) has one for its own session.
 *
 * @template S what an outlet needs of its session
 */
export interface Outlets<S> {
  readonly carrier: Carrier;
  /** A client can come back to the session by its id: the session may be stored, and found. */
  readonly hasId: boolean;
  /** What a session is of that no client named; `undefined`: the protocol names the session. */
  readonly home?: string;
  /** The revision of all messages; `undefined`: the one that the handshake agrees on. */
  readonly revision?: string;
  /** Most requests in flight of one session, where that is not the limit of all sessions. */
  readonly maxInFlight?: number;
  /** What servers of the sessions are made with, beside what those of all sessions are made with. */
  readonly serverOptions?: object;
  /** Prepares a server of a session, before the server is connected. @returns what to connect it to */
  attune?(session: S, server: object, transport: SdkTransport): Awaitable<SdkTransport>;
  /** A server of the session has answered `initialize`. */
  greeted?(session: S, result: Readonly<Record<string, unknown>>): void;
  open(session: S, from?: OutletPlace): Outlet;
}

/** Makes the outlets of sessions that are stored, and of those that come back from records. */
export interface StoredOutlets<S> extends Outlets<S> {
  /** The process has drained: ends the streams that were left open for as long as that took. */
  depart(): void;
}

/** What comes with a message, under the names both SDK generations look for. */
export interface Extra {
  readonly authInfo: AuthInfo | undefined;
  /** The call that the message belongs to, where the call can outlive what brought it. */
  readonly call?: CallScope;
}
