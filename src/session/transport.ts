import type { SdkMessage, SdkTransport } from '../wire/sdkTransport.ts';
import type { Extra } from './exchange.ts';
import type {
  Message,
  NotificationMessage,
  RequestId,
  RequestMessage,
  ResponseMessage,
} from '../wire/jsonrpc.ts';

/** Takes the answers of a server. */
export interface Answers {
  settle(response: ResponseMessage): void;
}

/** Takes what a server says besides its answers: notifications, questions, its own close. */
export interface ServerVoice {
  /** A notification of the server, for its client or about one of the client's requests. */
  tell(notification: NotificationMessage, relatedTo: RequestId | undefined): unknown;
  /** A question of the server to its client. */
  ask(request: RequestMessage, relatedTo: RequestId | undefined): void;
  /** A message said after the connection's end: nobody is told, a dead letter counts it (law 8). */
  late(message: Message): void;
  /** The server closed its side. */
  closedByServer(): void;
  /** After a message: resolves when the client has taken it; `undefined` while there is room. */
  drained(): Promise<void> | undefined;
  /** After a message that is no answer: resolves when others had their turn; `undefined` before. */
  due(): Promise<void> | undefined;
  /** The client reads the session's outlet now. */
  readonly isReachable: boolean;
}

const DONE = Promise.resolve();

/**
 * The SDK's `Transport` for one incarnation of a session. Whatever its server sends goes to the
 * mailbox in the same turn: told, never awaited (law 7).
 */
export class ServerTransport implements SdkTransport {
  onmessage?: SdkTransport['onmessage'];
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  readonly sessionId: string;
  readonly #answers: Answers;
  readonly #voice: ServerVoice;
  #isClosed = false;

  constructor(sessionId: string, answers: Answers, voice: ServerVoice) {
    this.sessionId = sessionId;
    this.#answers = answers;
    this.#voice = voice;
  }

  /** For servers that stand in for another one: whether the client reads the outlet now. */
  get isReachable(): boolean {
    return this.#voice.isReachable;
  }

  start(): Promise<void> {
    return DONE;
  }

  send(
    message: SdkMessage,
    options?: { readonly relatedRequestId?: RequestId | undefined },
  ): Promise<void> {
    const voice = this.#voice;
    const said = message as Message;
    const isAnswer = !('method' in said);
    if (this.#isClosed) voice.late(said);
    else if (isAnswer) this.#answers.settle(said);
    else if ('id' in said) voice.ask(said, options?.relatedRequestId);
    else voice.tell(said, options?.relatedRequestId);
    // The message is on its way; a server that awaits this keeps step with its client, and leaves
    // the event loop to others.
    return voice.drained() ?? (isAnswer ? DONE : (voice.due() ?? DONE));
  }

  /** Hands a message to the server. */
  deliver(message: Message, extra: Extra | undefined): void {
    this.onmessage?.(message, extra);
  }

  /** Called by the server when it closes: its client can not reach it any more. */
  close(): Promise<void> {
    if (this.detach()) this.#voice.closedByServer();
    return DONE;
  }

  /** Tells the server that its connection is over; `false` when the server knew. */
  detach(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.onclose?.();
    return true;
  }
}
