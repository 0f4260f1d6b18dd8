import type {
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Extra } from './exchange.ts';
import type {
  Message,
  NotificationMessage,
  RequestId,
  RequestMessage,
  ResponseMessage,
} from '../wire/jsonrpc.ts';

/** Where a transport hands what its server says: the session's mailbox. */
export interface TransportHost {
  /** An answer; the mailbox settles its exchange. */
  settle(response: ResponseMessage): void;
  /** A notification, for the client or for a request of it. */
  tell(notification: NotificationMessage, relatedTo: RequestId | undefined): unknown;
  /** A question to the client. */
  ask(request: RequestMessage, relatedTo: RequestId | undefined): void;
  /** Said after the end: nobody is told, and somebody counts (law 8). */
  late(message: Message): void;
  /** The server closed its side. */
  closedByServer(): void;
  /** Right after something was said: when the client has taken it; `undefined` while there is room. */
  drained(): Promise<void> | undefined;
  /** The client reads now what belongs to no request. */
  readonly isReachable: boolean;
}

const DONE = Promise.resolve();

/**
 * The SDK's `Transport` for one incarnation of a session. Whatever its server sends goes to the
 * mailbox in the same turn: told, never awaited (law 7).
 */
export class ServerTransport implements Transport {
  onmessage?: Transport['onmessage'];
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  readonly sessionId: string;
  readonly #host: TransportHost;
  #isClosed = false;

  constructor(sessionId: string, host: TransportHost) {
    this.sessionId = sessionId;
    this.#host = host;
  }

  /** For servers that stand in for another one: whether a word of no request is read now. */
  get isReachable(): boolean {
    return this.#host.isReachable;
  }

  start(): Promise<void> {
    return DONE;
  }

  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const host = this.#host;
    const said = message as Message;
    if (this.#isClosed) host.late(said);
    else if (!('method' in said)) host.settle(said);
    else if ('id' in said) host.ask(said, options?.relatedRequestId);
    else host.tell(said, options?.relatedRequestId);
    // It is on its way; a server that awaits this keeps step with its client.
    return host.drained() ?? DONE;
  }

  /** Hands a message to the server. */
  deliver(message: Message, extra: Extra | undefined): void {
    this.onmessage?.(message as JSONRPCMessage, extra as never);
  }

  /** Called by the server: its client can not reach it any more. */
  close(): Promise<void> {
    if (this.detach()) this.#host.closedByServer();
    return DONE;
  }

  /** Tells the server that its connection is over; `false` when it knew. */
  detach(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.onclose?.();
    return true;
  }
}
