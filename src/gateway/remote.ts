import { AsyncLocalStorage } from 'node:async_hooks';
import { heldTimer } from '../adapters/heldTimer.ts';
import { awaited } from '../base/within.ts';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ActorsError } from '../base/errors.ts';
import type { Message, RequestId } from '../wire/jsonrpc.ts';
import { watchedBody } from './watchedBody.ts';

/** What a {@link Remote} is made with: every option of a remote server, checked and present. */
export interface RemoteSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly maxAnswerBytes: number;
  readonly endTimeoutMs: number;
}

/** Takes what a remote server says. */
export interface RemoteReader {
  /** @param carrier the request whose response it came on; `undefined` is the session's stream */
  heard(message: Message, carrier: RequestId | undefined): void;
  /** The response to a request is being read. */
  opened(carrier: RequestId): void;
  /** The response to a request is over; where the response can be resumed, `opened` may follow. */
  ended(carrier: RequestId): void;
  /** Whether the client still waits for the answer to a request. */
  isAsked(carrier: RequestId): boolean;
  pause(): Promise<void> | undefined;
  troubled(error: Error): void;
}

/**
 * One session on a remote server. The session it serves owns it: the remote emits `error` when the
 * remote session is lost, and `close` deletes the remote session.
 */
export class Remote {
  readonly #settings: RemoteSettings;
  readonly #listeners: ((error: unknown) => void)[] = [];
  /**
   * The request a response belongs to, for as long as that response is read. The SDK's transport
   * does not name the stream a message came on, and that stream is what the message is related to.
   */
  readonly #carrier = new AsyncLocalStorage<RequestId | undefined>();
  /** Responses that are being read, by request, and how to stop reading each. */
  readonly #reading = new Map<RequestId, AbortController>();
  #http: StreamableHTTPClientTransport | null = null;
  #closing: Promise<void> | null = null;
  #hasFailed = false;

  constructor(settings: RemoteSettings) {
    this.#settings = settings;
  }

  /** Registers the session's listener: a session hears `error` of every resource it owns. */
  on(_event: 'error', listener: (error: unknown) => void): void {
    this.#listeners.push(listener);
  }

  async start(reader: RemoteReader): Promise<void> {
    if (this.#closing !== null) return;
    const { url, headers } = this.#settings;
    const http = new StreamableHTTPClientTransport(url, {
      requestInit: { headers: { ...headers } },
      fetch: (target, init) => this.#fetch(reader, target, init),
    });
    http.onmessage = (message) => reader.heard(message as Message, this.#carrier.getStore());
    http.onerror = (error) => reader.troubled(error);
    this.#http = http;
    await http.start();
  }

  /**
   * Resolves when the remote server has taken the message.
   *
   * @param carrier the id of the message, where it is a request
   * @param onToken told when the response can be resumed
   */
  async send(
    message: Message,
    carrier: RequestId | undefined,
    onToken?: () => void,
  ): Promise<void> {
    const options = onToken === undefined ? {} : { onresumptiontoken: onToken };
    await this.#carrier.run(carrier, async () => this.#http?.send(message as never, options));
  }

  /** Stops reading the response to a request that was cancelled. */
  hangUp(carrier: RequestId): void {
    this.#reading.get(carrier)?.abort();
  }

  set protocolVersion(version: string) {
    this.#http?.setProtocolVersion(version);
  }

  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Crashes the session that the remote session serves. */
  fail(error: ActorsError): void {
    if (this.#hasFailed || this.isClosing) return;
    this.#hasFailed = true;
    for (const listener of this.#listeners) listener(error);
  }

  /** Deletes the remote session and cuts its open streams. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const http = this.#http;
    if (http === null) return;
    // A remote server that is gone, or does not answer, is not waited for.
    await awaited(http.terminateSession(), heldTimer(this.#settings.endTimeoutMs));
    await http.close();
  }

  async #fetch(
    reader: RemoteReader,
    target: string | URL,
    init: RequestInit | undefined,
  ): ReturnType<FetchLike> {
    const carrier = this.#carrier.getStore();
    if (init?.method === 'GET' && carrier !== undefined && !reader.isAsked(carrier)) {
      // A stream whose request is settled is not resumed: 405 tells the SDK that this server has no
      // stream.
      return new Response(null, { status: 405 });
    }
    const response = await this.#settings.fetch(target, init);
    const reading = new AbortController();
    const onEnd = (): void => {
      if (carrier === undefined) return;
      if (this.#reading.get(carrier) === reading) this.#reading.delete(carrier);
      reader.ended(carrier);
    };
    if (!response.ok) return response;
    if (response.status !== 200 || response.body === null) {
      onEnd();
      return response;
    }
    if (carrier !== undefined) {
      this.#reading.set(carrier, reading);
      reader.opened(carrier);
    }
    const body = watchedBody(response.body, {
      maxBytes: this.#settings.maxAnswerBytes,
      pace: () => reader.pause(),
      onEnd,
      signal: reading.signal,
    });
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  }
}
