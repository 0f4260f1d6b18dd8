import type { Runtime } from 'mcp-actors';
import { type Door, openDoor } from './door.ts';
import type { Reply, Rpc } from './reply.ts';

type Params = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

export interface WireClientOptions {
  readonly version?: string;
  readonly capabilities?: object;
  /** Sent with everything. */
  readonly headers?: Headers;
}

/** A client of Streamable HTTP that says exactly what a test wants said. */
export class WireClient {
  /** Of the session, once there is one. */
  id: string | undefined;
  readonly door: Door;
  readonly #options: WireClientOptions;
  #ids = 0;

  constructor(door: Door, options: WireClientOptions = {}) {
    this.door = door;
    this.#options = options;
  }

  /** A client, in-process, that has said nothing yet. */
  static async of(runtime: Runtime, options?: WireClientOptions): Promise<WireClient> {
    return new WireClient(await openDoor('fetch', runtime), options);
  }

  /** A client, in-process, whose handshake is complete. */
  static async open(runtime: Runtime, options?: WireClientOptions): Promise<WireClient> {
    const client = await WireClient.of(runtime, options);
    await client.shake();
    return client;
  }

  async initialize(): Promise<Reply> {
    const reply = await this.post({
      jsonrpc: '2.0',
      id: 'init',
      method: 'initialize',
      params: {
        protocolVersion: this.#options.version ?? '2025-11-25',
        capabilities: this.#options.capabilities ?? {},
        clientInfo: { name: 'wire', version: '1' },
      },
    });
    this.id = reply.headers['mcp-session-id'];
    return await reply.whole();
  }

  /** The whole handshake. */
  async shake(): Promise<void> {
    const reply = await this.initialize();
    if (reply.message.result === undefined) throw new Error(`initialize: ${reply.text}`);
    await this.notify('notifications/initialized');
  }

  post(body: unknown, headers: Headers = {}, signal?: AbortSignal): Promise<Reply> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const media = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    return this.#send('POST', { ...media, ...headers }, text, signal);
  }

  /** The response to a request, as soon as its head is there. */
  request(method: string, params?: Params, id: string | number = ++this.#ids): Promise<Reply> {
    return this.post({ jsonrpc: '2.0', id, method, params });
  }

  /** The answer to a request, whichever way it travelled. */
  async call(method: string, params?: Params, id?: string | number): Promise<Rpc> {
    return answerOf(await (await this.request(method, params, id)).whole());
  }

  notify(method: string, params?: Params): Promise<Reply> {
    return this.post({ jsonrpc: '2.0', method, params });
  }

  /** Answers a question of the server. */
  respond(id: unknown, result: Params = {}): Promise<Reply> {
    return this.post({ jsonrpc: '2.0', id, result });
  }

  get(headers: Headers = {}): Promise<Reply> {
    return this.#send('GET', { accept: 'text/event-stream', ...headers });
  }

  delete(): Promise<Reply> {
    return this.#send('DELETE', {});
  }

  #send(method: string, headers: Headers, body?: string, signal?: AbortSignal): Promise<Reply> {
    return this.door.send({
      method,
      headers: {
        host: this.door.host,
        ...(this.id !== undefined && { 'mcp-session-id': this.id }),
        ...this.#options.headers,
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
  }
}

/** The one answer in a response. */
export function answerOf(reply: Reply): Rpc {
  const [answer, ...more] = reply.messages.filter((message) => message.method === undefined);
  if (answer === undefined || more.length > 0) throw new Error(`not one answer: ${reply.text}`);
  return answer;
}
