import type { ServerTransport } from '../../src/session/transport.ts';
import type { SessionServer } from '../../src/index.ts';
import { isRequest, type Message, type RequestMessage } from '../../src/wire/jsonrpc.ts';

type Params = Readonly<Record<string, unknown>>;

/** What a test wants done with a message; `true` means that it has been dealt with. */
export type Hook = (message: Message, server: FakeServer) => boolean | undefined | void;

/**
 * The least a session can serve with. Answers in the same turn: `initialize` as agreed, `hold` not
 * at all until {@link answer} is called, anything else with `{ method, server }`.
 */
export class FakeServer implements SessionServer {
  static #count = 0;

  /** Tells one server from another. */
  readonly number = ++FakeServer.#count;
  readonly received: Message[] = [];
  transport: ServerTransport | null = null;
  closes = 0;
  onclose = 0;
  readonly #hook: Hook | undefined;

  constructor(hook?: Hook) {
    this.#hook = hook;
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.transport = transport;
    transport.onmessage = (message) => this.#take(message as Message);
    transport.onclose = () => void this.onclose++;
    await transport.start();
  }

  async close(): Promise<void> {
    this.closes++;
    await this.transport?.close();
  }

  /** Methods in order of arrival; a client's answers are `answer`. */
  get methods(): string[] {
    return this.received.map((message) => ('method' in message ? message.method : 'answer'));
  }

  /** The id a request came with. */
  idOf(method: string): RequestMessage['id'] {
    const found = this.received.find((each) => isRequest(each) && each.method === method);
    if (found === undefined || !isRequest(found)) throw new Error(`${method} did not arrive`);
    return found.id;
  }

  answer(id: RequestMessage['id'], result: Params = {}): void {
    void this.transport?.send({ jsonrpc: '2.0', id, result });
  }

  fail(id: RequestMessage['id'], message = 'refused'): void {
    void this.transport?.send({ jsonrpc: '2.0', id, error: { code: -32000, message } });
  }

  notify(method: string, params?: Params, relatedRequestId?: RequestMessage['id']): void {
    const message = { jsonrpc: '2.0' as const, method, ...(params && { params }) };
    void this.transport?.send(message, relatedRequestId === undefined ? {} : { relatedRequestId });
  }

  ask(id: RequestMessage['id'], method: string, relatedRequestId?: RequestMessage['id']): void {
    const options = relatedRequestId === undefined ? {} : { relatedRequestId };
    void this.transport?.send({ jsonrpc: '2.0', id, method }, options);
  }

  #take(message: Message): void {
    this.received.push(message);
    if (this.#hook?.(message, this) === true) return;
    if (!isRequest(message) || message.method === 'hold') return;
    if (message.method !== 'initialize') {
      this.answer(message.id, { method: message.method, server: this.number });
      return;
    }
    this.answer(message.id, {
      protocolVersion: message.params?.['protocolVersion'] ?? '2025-11-25',
      capabilities: {},
      serverInfo: { name: 'fake', version: '1' },
    });
  }
}
