import { eventData } from '../http/eventData.ts';
import type { WireMessage } from '../http/reply.ts';
import { Mismatch } from '../mismatch.ts';
import type { ClientAnswer, MachineDriverSettings } from './machineOptions.ts';

const VERSION = '2025-11-25';
const SHOWN_CHARACTERS = 160;
const NOBODY_ANSWERS = { code: -32601, message: 'the case has no answer' };

type Settings = Pick<MachineDriverSettings, 'url' | 'runtime' | 'headers' | 'timeoutMs'>;

/** The client of one session, over HTTP or in process: it outlives the server's process. */
export class SessionClient {
  readonly #settings: Settings;
  #sessionId: string | undefined;
  #ids = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get sessionId(): string {
    return this.#sessionId ?? '';
  }

  async open(): Promise<void> {
    await this.ask('initialize', {
      protocolVersion: VERSION,
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      clientInfo: { name: 'mcp-actors-testing', version: '1.0.0' },
    });
    await this.#post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /**
   * Asks for a result.
   *
   * @throws Mismatch where there is none
   */
  async ask(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const { result, error } = await this.request(method, params);
    if (result !== undefined) return result as Readonly<Record<string, unknown>>;
    throw new Mismatch(`a result of ${method}`, JSON.stringify(error));
  }

  /** @param answer what the server is answered where it asks meanwhile */
  async request(method: string, params: object, answer?: ClientAnswer): Promise<WireMessage> {
    const id = ++this.#ids;
    const response = await this.#post({ jsonrpc: '2.0', id, method, params });
    this.#sessionId ??= response.headers.get('mcp-session-id') ?? undefined;
    for await (const message of messagesOf(response)) {
      if (message.id === id && message.method === undefined) return message;
      if (message.id !== undefined && message.method !== undefined) {
        await this.#answer(message, answer);
      }
    }
    throw new Mismatch(`an answer to ${method}`, `${response.status}, and no answer`);
  }

  /** Ends the session. A server that is gone was reported by whatever needed it. */
  async close(): Promise<void> {
    if (this.#sessionId === undefined) return;
    const response = await this.#send('DELETE', {}, undefined).catch(() => undefined);
    await response?.body?.cancel();
  }

  async #answer({ id, method, params }: WireMessage, answer?: ClientAnswer): Promise<void> {
    const result =
      typeof answer === 'function' ? answer({ method: String(method), params }) : answer;
    const reply = result === undefined ? { error: NOBODY_ANSWERS } : { result };
    await this.#post({ jsonrpc: '2.0', id, ...reply });
    if (result === undefined) throw new Mismatch('no question during the call', String(method));
  }

  async #post(message: object): Promise<Response> {
    const media = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const response = await this.#send('POST', media, JSON.stringify(message));
    if (response.ok) return response;
    const text = (await response.text()).slice(0, SHOWN_CHARACTERS);
    const { method = 'an answer' } = message as { readonly method?: string };
    const seen =
      response.status === 404 ? '404: the session is over' : `${response.status} ${text}`;
    throw new Mismatch(`200 to ${method}`, seen);
  }

  #send(method: string, headers: Record<string, string>, body?: string): Promise<Response> {
    const { url, runtime, timeoutMs } = this.#settings;
    const address = (typeof url === 'function' ? url() : url) ?? 'http://localhost/mcp';
    const init = {
      method,
      headers: {
        ...this.#settings.headers,
        ...(this.#sessionId !== undefined && {
          'mcp-session-id': this.#sessionId,
          'mcp-protocol-version': VERSION,
        }),
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body }),
    };
    const request = new Request(address, init);
    return runtime === undefined ? fetch(request) : runtime.fetch(request);
  }
}

/** The messages of a response, as they come. */
async function* messagesOf(response: Response): AsyncGenerator<WireMessage> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    const text = await response.text();
    if (text !== '') yield JSON.parse(text) as WireMessage;
    return;
  }
  let text = '';
  let read = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    const events = eventData(text);
    for (const data of events.slice(read)) yield JSON.parse(data) as WireMessage;
    read = events.length;
  }
}
