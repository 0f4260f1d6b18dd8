import type { LongLine } from '../base/lineReader.ts';
import type { SessionServer } from '../session/session.ts';
import type { ServerTransport } from '../session/transport.ts';
import {
  isObject,
  isRequest,
  isRequestId,
  isResponse,
  type Message,
  readMessage,
  type RequestId,
} from '../wire/jsonrpc.ts';
import { refusal, type RefusalCode } from '../wire/refusals.ts';
import type { Child, ChildReader } from './child.ts';
import type { SessionLog } from './log.ts';
import { Backpressure } from './backpressure.ts';
import { passed } from './passed.ts';
import { MAX_QUESTIONS, Relations } from './relations.ts';

/** The two ways servers write answers: with the id in front of the result, or behind it. */
const ID_IN_FRONT =
  /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*,\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
const RESULT_IN_FRONT = /^\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"/;
const ID_BEHIND = /,\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*\}\s*$/;

/**
 * A session's server that is a child process: each message is a line to the child, each line of the
 * child a message. The bridge changes no message, and answers a request only where the child can
 * not.
 */
export class ChildBridge implements SessionServer, ChildReader {
  readonly #child: Child;
  readonly #log: SessionLog;
  readonly #before: Promise<unknown> | undefined;
  readonly #relations = new Relations();
  readonly #backpressure = new Backpressure();
  /** Requests the child has not answered: the client's, `initialize`, and those of a replay. */
  readonly #asked = new Set<RequestId>();
  #transport: ServerTransport | null = null;
  #handshake: RequestId | undefined;

  /** @param before the end of the child process that served the session before */
  constructor(child: Child, log: SessionLog, before: Promise<unknown> | undefined) {
    this.#child = child;
    this.#log = log;
    this.#before = before;
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message, extra) => this.#hear(message as Message, extra !== undefined);
    await transport.start();
    await this.#before?.catch(() => {});
    await this.#child.start(this);
  }

  /** Does not wait: the session owns the child process and waits for its end. */
  async close(): Promise<void> {
    this.#transport = null;
    void this.#child.close();
  }

  // ---- from the client

  #hear(message: Message, isClients: boolean): void {
    if (isRequest(message)) {
      if (this.#child.isBehind) return this.#answer(message.id, 'session-busy');
      this.#asked.add(message.id);
      if (message.method === 'initialize') this.#handshake = message.id;
      else if (isClients) this.#relations.asked(message);
    } else if (isResponse(message)) {
      this.#relations.answered(message.id);
    } else if (message.method === 'notifications/cancelled') {
      const id = message.params?.['requestId'];
      if (isRequestId(id)) this.#settled(id);
    }
    const text = JSON.stringify(message);
    passed(this.#log.key, 'out', message, text.length);
    this.#child.write(text);
  }

  // ---- from the child

  line(text: string): void {
    const transport = this.#transport;
    if (transport === null) return;
    let values: unknown;
    try {
      values = JSON.parse(text);
    } catch {
      return this.#log.skip(text);
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      const message = readMessage(value);
      if (message === undefined) this.#misread(value, text);
      else this.#say(transport, message, text);
    }
  }

  longLine({ head, tail, bytes }: LongLine): void {
    this.#log.skip(`${head}… (${bytes} bytes)`);
    const behind = RESULT_IN_FRONT.test(head) ? ID_BEHIND.exec(tail) : null;
    const id = (ID_IN_FRONT.exec(head) ?? behind)?.[1];
    if (id !== undefined) this.#misread({ id: JSON.parse(id) as unknown });
  }

  pause(): Promise<void> | undefined {
    return this.#backpressure.allTaken();
  }

  #say(transport: ServerTransport, message: Message, text: string): void {
    passed(this.#log.key, 'in', message, text.length);
    try {
      if (isResponse(message)) {
        if (message.id === this.#handshake) this.#child.isReady = message.result !== undefined;
        this.#settled(message.id);
        this.#backpressure.sent(transport.send(message as never));
      } else if (isRequest(message) && this.#relations.questions >= MAX_QUESTIONS) {
        this.#child.write(JSON.stringify(refusal('session-busy', message.id)));
      } else {
        const relatedRequestId = this.#relations.of(message, transport.isReachable);
        const options = relatedRequestId === undefined ? {} : { relatedRequestId };
        this.#backpressure.sent(transport.send(message, options));
      }
    } catch {
      // JSON that was parsed can be nested too deep to be written again.
      this.#log.skip(text);
    }
  }

  /** Answers the request of a malformed answer: the child will not send a better one. */
  #misread(value: unknown, text?: string): void {
    if (text !== undefined) this.#log.skip(text);
    if (!isObject(value) || 'method' in value) return;
    const { id } = value;
    if (isRequestId(id) && this.#asked.has(id)) this.#answer(id, 'server-unanswered');
  }

  #answer(id: RequestId, code: RefusalCode): void {
    this.#settled(id);
    void this.#transport?.send(refusal(code, id) as never);
  }

  #settled(id: RequestId): void {
    this.#asked.delete(id);
    this.#relations.settled(id);
  }
}
