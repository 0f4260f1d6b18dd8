import type { Door } from './door.ts';
import type { Reply } from './reply.ts';

export interface RawClientOptions {
  readonly version?: string;
  /** What the client calls itself. */
  readonly name?: string;
  /** Sent as `x-user`, which the rig's runtime takes for the principal. */
  readonly user?: string;
  readonly capabilities?: Record<string, unknown>;
}

type Headers = Readonly<Record<string, string | undefined>>;
type Json = Record<string, unknown>;

/** What a POST says of its body and takes for an answer. */
export const MEDIA = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** An MCP client of which a test decides every byte: any body, any header, none by itself. */
export class RawClient {
  readonly door: Door;
  readonly version: string;
  readonly #user: string | undefined;
  readonly #name: string;
  readonly #capabilities: Json;
  /** Set by {@link initialize}; anything a test puts here is sent as it is. */
  sessionId: string | undefined;

  constructor(door: Door, options: RawClientOptions = {}) {
    this.door = door;
    this.version = options.version ?? '2025-11-25';
    this.#user = options.user;
    this.#name = options.name ?? 'raw';
    this.#capabilities = options.capabilities ?? { elicitation: {} };
  }

  /** Sends `initialize` and nothing else. */
  async initialize(params: Json = {}, headers: Headers = {}): Promise<Reply> {
    const reply = await this.post(this.handshake(params), {
      'mcp-protocol-version': undefined,
      ...headers,
    });
    this.sessionId = reply.headers['mcp-session-id'];
    return reply.whole();
  }

  handshake(params: Json = {}): Json {
    return request('init', 'initialize', {
      protocolVersion: this.version,
      capabilities: this.#capabilities,
      clientInfo: { name: this.#name, version: '1.0.0' },
      ...params,
    });
  }

  /** The whole handshake. */
  async connect(): Promise<this> {
    await this.initialize();
    const reply = await this.post(notification('notifications/initialized'));
    if (reply.status !== 202) throw new Error(`initialized: ${reply.status} ${reply.text}`);
    return this;
  }

  /** Posts a message, a batch of them, or any text. A header of `undefined` is left out. */
  post(body: unknown, headers: Headers = {}, signal?: AbortSignal): Promise<Reply> {
    const text =
      typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return this.send('POST', { ...MEDIA, ...headers }, text, signal);
  }

  /** Posts and waits for the whole response. */
  async ask(body: unknown, headers: Headers = {}): Promise<Reply> {
    const reply = await this.post(body, headers);
    return reply.whole();
  }

  /** What the client sends with everything, and more. */
  headers(more: Headers): Record<string, string> {
    const all: Headers = {
      host: this.door.host,
      'mcp-session-id': this.sessionId,
      'mcp-protocol-version': this.sessionId === undefined ? undefined : this.version,
      'x-user': this.#user,
      ...more,
    };
    const sent = Object.entries(all).filter(([, value]) => value !== undefined);
    return Object.fromEntries(sent) as Record<string, string>;
  }

  /** A POST of a message as the bytes of HTTP/1.1, for a socket of the test's own. */
  asBytes(message: unknown): string {
    const body = JSON.stringify(message);
    const head = [
      'POST /mcp HTTP/1.1',
      `Host: ${this.door.host}`,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      `Mcp-Session-Id: ${this.sessionId}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return `${head.join('\r\n')}\r\n\r\n${body}`;
  }

  get(headers: Headers = {}): Promise<Reply> {
    return this.send('GET', { accept: 'text/event-stream', ...headers });
  }

  async delete(headers: Headers = {}): Promise<Reply> {
    const reply = await this.send('DELETE', headers);
    return reply.whole();
  }

  send(
    method: string,
    headers: Headers = {},
    body?: string | Uint8Array,
    signal?: AbortSignal,
  ): Promise<Reply> {
    return this.door.send({
      method,
      headers: this.headers(headers),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
  }
}

export function request(id: unknown, method: string, params?: Json): Json {
  return { jsonrpc: '2.0', id, method, ...(params && { params }) };
}

export function notification(method: string, params?: Json): Json {
  return { jsonrpc: '2.0', method, ...(params && { params }) };
}

export function call(id: unknown, name: string, args: Json = {}, meta?: Json): Json {
  return request(id, 'tools/call', { name, arguments: args, ...(meta && { _meta: meta }) });
}

export function cancel(requestId: unknown): Json {
  return notification('notifications/cancelled', { requestId, reason: 'test' });
}
