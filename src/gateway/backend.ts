import { EventEmitter } from 'node:events';
import { ActorsError } from '../base/errors.ts';
import type { Message, RequestId, ResponseMessage } from '../wire/jsonrpc.ts';
import type { SessionLog } from './log.ts';

/** Where a backend hands what its server says: the {@link Bridge} to the client. */
export interface Hearer {
  /**
   * @param bytes of the message's JSON; 0 where the message never was text
   * @param stream the stream the message came on, where the server's transport has several
   */
  heard(message: Message, bytes: number, stream?: StreamOf): void;
  /** Whether a request still waits for the server's answer. */
  isAsked(id: RequestId): boolean;
  /**
   * The server will not answer a request: its client gets an error, unless it has an answer.
   *
   * @param status of HTTP that the server refused the request with
   */
  unanswered(id: RequestId, status?: number): void;
  /** Asked after messages: the server should be read no further until this promise settles. */
  pause(): Promise<void> | undefined;
}

/** The stream of the request `carrier`; of the whole session where `carrier` is `undefined`. */
export interface StreamOf {
  readonly carrier: RequestId | undefined;
}

/**
 * The server behind a session. Its session owns the backend, which emits `error` when the server is
 * lost; `close` ends the server, once.
 */
export abstract class Backend extends EventEmitter<{ error: [ActorsError] }> {
  protected readonly log: SessionLog;
  /** The server has answered `initialize`: its end is a crash now, a failed start before. */
  protected isReady = false;
  readonly #title: string;
  #closing: Promise<void> | null = null;
  #hasFailed = false;

  /** @param title what the errors of the backend call the server */
  constructor(title: string, log: SessionLog) {
    super();
    this.#title = title;
    this.log = log;
  }

  /** The server takes too little of what it is sent: it should get no new request. */
  abstract readonly isBehind: boolean;
  abstract start(hearer: Hearer): Promise<void>;
  abstract send(message: Message): void;
  /** Told of the server's answer to `initialize`. */
  abstract greeted(answer: ResponseMessage): void;
  /** Told that a request was answered or cancelled. */
  settled(_id: RequestId): void {}

  /** Resolves when the server has ended. */
  close(): Promise<void> {
    return (this.#closing ??= this.end());
  }

  protected abstract end(): Promise<void>;

  protected get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** The server is lost or being ended. */
  protected get isOver(): boolean {
    return this.#hasFailed || this.isClosing;
  }

  /** Crashes the session. @param named what the log calls the server */
  protected fail(what: string, cause?: unknown, named = this.#title): void {
    if (this.isOver) return;
    this.#hasFailed = true;
    this.log.write('gateway', `${named} ${what}`);
    const code = this.isReady ? 'server-ended' : 'start-failed';
    this.emit('error', new ActorsError(code, `${this.#title} ${what}`, { cause }));
  }
}
