import type {
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { isRequest, isResponse, type Message, type MessageKind } from '../wire/jsonrpc.ts';

/** What passed: types and sizes, never what was in it. */
export type Saw = (
  direction: 'in' | 'out',
  kind: MessageKind,
  method: string | undefined,
  bytes: number,
) => void;

/** A client's transport that is heard by its scope; `direction` is the client's view. */
export class RecordingTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly #inner: Transport;
  readonly #saw: Saw;

  constructor(inner: Transport, saw: Saw) {
    this.#inner = inner;
    this.#saw = saw;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  async start(): Promise<void> {
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message, extra) => {
      this.#note('in', message);
      this.onmessage?.(message, extra);
    };
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    this.#note('out', message);
    await this.#inner.send(message, options);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  #note(direction: 'in' | 'out', sdkMessage: JSONRPCMessage): void {
    const message = sdkMessage as Message;
    const bytes = JSON.stringify(message).length;
    if (isResponse(message)) this.#saw(direction, 'response', undefined, bytes);
    else
      this.#saw(direction, isRequest(message) ? 'request' : 'notification', message.method, bytes);
  }
}
