import type { HandshakeRecord } from '../store/record.ts';
import type { Ask } from './envelope.ts';
import type { Implementation } from '../wire/implementation.ts';
import {
  isObject,
  isRequest,
  isResponse,
  type Message,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';

type Params = Readonly<Record<string, unknown>>;

/** Requests whose answers change what the next server of a session is told. */
export const HANDSHAKE_METHODS: ReadonlySet<string> = new Set([
  'initialize',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
]);

/**
 * Whether a message confirms the handshake: `notifications/initialized`, or the first work of a
 * client that goes to work without it, as some do (row L2).
 *
 * @param isAsleep the session slept: a client that comes back has had the answer to `initialize`
 */
export function confirms(message: Message, isAsleep: boolean): boolean {
  if (isResponse(message)) return false;
  if (message.method === 'notifications/initialized') return true;
  return (isAsleep || isRequest(message)) && message.method !== 'ping';
}

/**
 * What a fresh server must be told to take over a session: the client's `initialize`, log level and
 * subscriptions, noted as these requests were answered.
 */
export class Handshake {
  protocolVersion: string | undefined;
  /** The server was told that its client has initialized. */
  initialized = false;
  /** The answer to `initialize` has left: the client knows the session. */
  isAnswered = false;
  #initialize: Params | undefined;
  #level: Params | undefined;
  #subscriptions: Map<string, Params> | null = null;
  #subscribed = 0;

  get clientInfo(): Implementation | undefined {
    const info = this.#initialize?.['clientInfo'];
    return isObject(info) ? (info as Implementation) : undefined;
  }

  get clientCapabilities(): Params | undefined {
    const capabilities = this.#initialize?.['capabilities'];
    return isObject(capabilities) ? capabilities : undefined;
  }

  /** The handshake as a record keeps it while there is no server. */
  get record(): HandshakeRecord {
    return {
      initialize: this.#initialize ?? {},
      protocolVersion: this.protocolVersion,
      initialized: this.initialized,
      level: this.#level,
      subscriptions: [...(this.#subscriptions?.values() ?? [])],
    };
  }

  /** Goes on from the handshake of a record. */
  restore(record: HandshakeRecord): void {
    const { initialize, protocolVersion, initialized, level, subscriptions } = record;
    this.isAnswered = true;
    this.protocolVersion = protocolVersion;
    this.initialized = initialized;
    this.#initialize = initialize;
    this.#level = level;
    for (const params of subscriptions) this.#subscribe(String(params['uri']), params, Infinity);
  }

  /** Notes what the client says of itself in `initialize`, before the factory runs. */
  begin(initialize: Message): void {
    if ('params' in initialize) this.#initialize = initialize.params;
  }

  /**
   * Notes a request that succeeded. `false` when a subscription or a log level does not fit.
   *
   * @param maxBytes most bytes of all subscriptions together, and of a log level
   */
  note(
    { message: { method, params } }: Ask,
    { result }: ResponseMessage,
    maxBytes = Infinity,
  ): boolean {
    if (result === undefined || params === undefined) return true;
    if (method === 'initialize') {
      this.#initialize = params;
      const version = result['protocolVersion'];
      if (typeof version === 'string') this.protocolVersion = version;
    } else if (method === 'logging/setLevel') {
      // A level is a word; what else came with it is kept for the whole life of the session.
      if (JSON.stringify(params).length > maxBytes) return false;
      this.#level = params;
    } else if (typeof params['uri'] === 'string') {
      if (method === 'resources/subscribe') return this.#subscribe(params['uri'], params, maxBytes);
      if (method === 'resources/unsubscribe') this.#unsubscribe(params['uri']);
    }
    return true;
  }

  /**
   * The messages to replay to a fresh server, in order; the answers to requests among them go to
   * nobody. `notifications/initialized` is replayed only where the client has said it: a server
   * that ran is not yet a client that initialized.
   */
  *replay(prefix: string): Generator<Message> {
    let count = 0;
    const request = (method: string, params: Params): Message => ({
      jsonrpc: '2.0',
      id: `${prefix}:${count++}`,
      method,
      params,
    });
    yield request('initialize', this.#initialize ?? {});
    if (this.initialized) yield { jsonrpc: '2.0', method: 'notifications/initialized' };
    if (this.#level !== undefined) yield request('logging/setLevel', this.#level);
    for (const params of this.#subscriptions?.values() ?? []) {
      yield request('resources/subscribe', params);
    }
  }

  #subscribe(uri: string, params: Params, maxBytes: number): boolean {
    this.#unsubscribe(uri);
    const bytes = JSON.stringify(params).length;
    if (this.#subscribed + bytes > maxBytes) return false;
    this.#subscribed += bytes;
    this.#subscriptions ??= new Map();
    this.#subscriptions.set(uri, params);
    return true;
  }

  /** The client wants to hear of a resource. */
  follows(uri: string): boolean {
    return this.#subscriptions?.has(uri) === true;
  }

  #unsubscribe(uri: string): void {
    const known = this.#subscriptions?.get(uri);
    if (known === undefined) return;
    this.#subscriptions?.delete(uri);
    this.#subscribed -= JSON.stringify(known).length;
  }
}
