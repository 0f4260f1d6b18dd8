import type { Within } from '../events/events.ts';
import type { Exchange, Extra } from './exchange.ts';
import type { Message, RequestMessage } from '../wire/jsonrpc.ts';

/** A message on its way in: what it is, what brought it, and what waits for its answer. */
export interface Envelope {
  readonly message: Message;
  readonly delivery: Extra;
  readonly exchange: Exchange | undefined;
  readonly bytes: number;
  /** Of the POST it came in, where that was waited for. */
  readonly upload?: number | undefined;
}

/** A request accepted and not yet answered. */
export interface Ask {
  readonly message: RequestMessage;
  readonly exchange: Exchange;
  /** When it came. */
  readonly since: number;
  /** The server has it. */
  running: boolean;
  /** It is answered, and the answer waits for the store. */
  isHeld: boolean;
  /** Its beginning was announced, so its end will be; and where its handler is to run. */
  watched: { readonly number: number; within: Within | null } | null;
}
