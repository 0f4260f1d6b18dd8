import type { Within } from '../events/events.ts';
import type { Exchange, Extra } from './exchange.ts';
import type { Message, RequestMessage } from '../wire/jsonrpc.ts';

/** A message on its way in: the message, what brought it, and what waits for its answer. */
export interface Envelope {
  readonly message: Message;
  readonly delivery: Extra;
  readonly exchange: Exchange | undefined;
  /** Length of the text the message came in; 0 where it was never text. */
  readonly bytes: number;
  /** What the message takes in memory, in bytes. */
  readonly weight: number;
  /** The number of the POST the message came in, where the mailbox has heard of that POST. */
  readonly upload?: number | undefined;
}

/** A request accepted and not yet answered. */
export interface Ask {
  readonly message: RequestMessage;
  readonly exchange: Exchange;
  /** What the request takes in memory, in bytes, until it is answered. */
  readonly weight: number;
  /** When the request came, in milliseconds since the epoch. */
  readonly since: number;
  /** The server has the request. */
  running: boolean;
  /** The server has answered, and the answer waits for the store. */
  isHeld: boolean;
  /** The handler waits for its client, and takes no place of `concurrency` meanwhile. */
  isParked: boolean;
  /** The request's beginning was announced, so its end will be; `within` runs its handler. */
  watched: { readonly number: number; within: Within | null } | null;
}
