import { AsyncLocalStorage } from 'node:async_hooks';
import { randomId } from '../base/ids.ts';
import { isSessionLost, statusOf } from '../base/lostSession.ts';
import { heldClock, systemClock } from '../base/clock.ts';
import { awaited, timerFor } from '../base/within.ts';
import { isRequest, type Message, type RequestId, type ResponseMessage } from '../wire/jsonrpc.ts';
import { Backend, type Hearer } from './backend.ts';
import { type HttpTransport, openHttpTransport } from './httpTransport.ts';
import type { SessionLog } from './log.ts';
import { keptText } from '../wire/verbatim.ts';
import { ExactAnswers } from './exactAnswers.ts';
import { passed } from './passed.ts';
import { readRefused } from './refusedAnswer.ts';
import { watchedBody } from './watchedBody.ts';

/** What a {@link Remote} is made with: every option of a remote server, checked and present. */
export interface RemoteSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly maxAnswerBytes: number;
  readonly endTimeoutMs: number;
}

/** Messages the server has not taken yet. Beyond, requests are refused; twice as many: a crash. */
const MAX_PENDING = 256;
/** How long a response that ended without an answer may take to be resumed, or to be read. */
const RESUME_MS = 15_000;
const READ_MS = 1000;
const NOT_FOUND = 404;
/** The id of the one question of the gateway's own. No client can know it. */
const PROBE = `gateway-${randomId()}`;

/** One session on a remote server: `close` deletes the remote session. */
export class Remote extends Backend {
  readonly #settings: RemoteSettings;
  /**
   * The request a response belongs to, for as long as that response is read. The SDK's transport
   * does not name the stream a message came on, and that stream is what the message is related to.
   */
  readonly #carrier = new AsyncLocalStorage<RequestId | undefined>();
  /** The text of the message that is being sent, where that is not what its value says. */
  readonly #text = new AsyncLocalStorage<string | undefined>();
  /** Texts of answers, by request, where those are not what their values say. */
  readonly #exact = new ExactAnswers();
  /** Responses that are being read, by request, and how to stop reading each. */
  readonly #reading = new Map<RequestId, AbortController>();
  readonly #resumable = new Set<RequestId>();
  /** The status of requests that the server has refused. */
  readonly #refused = new Map<RequestId, number>();
  /** Asked once at a time: whether the server still knows the session. */
  #probe: Promise<void> | null = null;
  /** Requests whose response ended without an answer, with the timer that gives each up. */
  readonly #lost = new Map<RequestId, unknown>();
  #hearer: Hearer | null = null;
  #http: HttpTransport | null = null;
  #pending = 0;
  /** Set while `notifications/initialized` is being sent: no later message overtakes it. */
  #opening: Promise<void> | undefined;

  constructor(settings: RemoteSettings, log: SessionLog) {
    super('the remote server', log);
    this.#settings = settings;
  }

  async start(hearer: Hearer): Promise<void> {
    if (this.isClosing) return;
    const { url, headers } = this.#settings;
    const http = await openHttpTransport(url, {
      requestInit: { headers: { ...headers } },
      fetch: (target, init) => this.#fetch(hearer, target, init),
    });
    if (this.isClosing) return;
    http.onmessage = (message) => {
      if ('id' in message && message.id === PROBE) return;
      this.#exact.restore(message as Message);
      hearer.heard(message as Message, 0, { carrier: this.#carrier.getStore() });
    };
    http.onerror = ({ message }) => {
      if (!this.isClosing) this.log.write('gateway', message);
    };
    this.#hearer = hearer;
    this.#http = http;
    await http.start();
  }

  get isBehind(): boolean {
    return this.#pending >= MAX_PENDING;
  }

  send(message: Message): void {
    if (this.#pending >= 2 * MAX_PENDING) return this.fail('does not take what it is sent');
    void this.#send(message);
  }

  greeted({ result }: ResponseMessage): void {
    const version = result?.['protocolVersion'];
    if (typeof version !== 'string') return;
    this.isReady = true;
    this.#http?.setProtocolVersion(version);
  }

  override settled(id: RequestId): void {
    this.#found(id);
    this.#refused.delete(id);
    this.#resumable.delete(id);
  }

  protected async end(): Promise<void> {
    for (const timer of this.#lost.values()) systemClock.clearTimeout(timer);
    const http = this.#http;
    if (http === null) return;
    // A remote server that is gone, or does not answer, is not waited for.
    await awaited(http.terminateSession(), timerFor(heldClock, this.#settings.endTimeoutMs));
    await http.close();
  }

  async #send(message: Message): Promise<void> {
    this.#pending++;
    try {
      await this.#opening;
      const sent = this.#post(message);
      if ('method' in message && message.method === 'notifications/initialized') {
        this.#opening = sent.catch(() => {}).then(() => (this.#opening = undefined));
      }
      await sent;
    } catch (error) {
      await this.#failed(message, error);
    } finally {
      this.#pending--;
      if ('method' in message && message.method === 'notifications/cancelled') {
        this.#reading.get(message.params?.['requestId'] as RequestId)?.abort();
      }
    }
  }

  /** Resolves when the remote server has taken the message. */
  async #post(message: Message): Promise<void> {
    passed(this.log.key, 'out', message, 0);
    const id = isRequest(message) ? message.id : undefined;
    const options = id === undefined ? {} : { onresumptiontoken: () => this.#resumable.add(id) };
    const send = async (): Promise<void> => this.#http?.send(message, options);
    await this.#text.run(keptText(message), () => this.#carrier.run(id, send));
  }

  async #failed(message: Message, error: unknown): Promise<void> {
    const id = isRequest(message) ? message.id : undefined;
    if (this.isReady && statusOf(error) === NOT_FOUND) {
      this.fail('no longer knows the session', error);
    } else if (id !== undefined) {
      const status = this.#refused.get(id);
      // Servers say in many words, and with many statuses, that a session is lost.
      await this.#probe;
      // An answer with an error is one all the same.
      if (this.isOver || this.#hearer?.isAsked(id) !== true) return;
      if (this.isReady) this.#hearer.unanswered(id, status);
      else this.fail('could not be reached', error);
    }
  }

  /** Crashes the session where its server takes no ping on it either. */
  async #ask(refused: { readonly status: number }): Promise<void> {
    const ping = { jsonrpc: '2.0', id: PROBE, method: 'ping' } as const;
    const send = () => this.#carrier.run(undefined, async () => this.#http?.send(ping));
    if (await isSessionLost(refused, send)) this.fail('no longer knows the session');
    this.#probe = null;
  }

  /** The response to a request is being read, perhaps not for the first time. */
  #found(carrier: RequestId): void {
    systemClock.clearTimeout(this.#lost.get(carrier));
    this.#lost.delete(carrier);
  }

  /** The response to a request is over: its answer has come, or may when it is resumed. */
  #ended(hearer: Hearer, carrier: RequestId): void {
    if (!hearer.isAsked(carrier) || this.isClosing) return;
    const waitMs = this.#resumable.has(carrier) ? RESUME_MS : READ_MS;
    this.#found(carrier);
    const giveUp = (): void => hearer.unanswered(carrier);
    this.#lost.set(carrier, systemClock.setTimeout(giveUp, waitMs));
  }

  /** A status that is no success: hands on what is an answer all the same. */
  async #isRefused(
    hearer: Hearer,
    carrier: RequestId | undefined,
    response: Response,
  ): Promise<Response> {
    if (carrier === undefined || response.status === NOT_FOUND) return response;
    this.#refused.set(carrier, response.status);
    const { text, answer, isDoubtful } = await readRefused(response, carrier);
    if (this.isReady && isDoubtful) this.#probe ??= this.#ask(response);
    if (answer !== undefined) hearer.heard(answer, text.length, { carrier });
    const { status, statusText } = response;
    return new Response(text, { status, statusText });
  }

  async #fetch(
    hearer: Hearer,
    target: string | URL,
    init: RequestInit | undefined,
  ): Promise<Response> {
    const carrier = this.#carrier.getStore();
    if (init?.method === 'GET' && carrier !== undefined && !hearer.isAsked(carrier)) {
      // A stream whose request is settled is not resumed: 405 says that there is none.
      return new Response(null, { status: 405 });
    }
    const text = init?.method === 'POST' ? this.#text.getStore() : undefined;
    const exact = text === undefined ? init : { ...init, body: text };
    const response = await this.#settings.fetch(target, exact);
    const reading = new AbortController();
    const onEnd = (): void => {
      if (carrier === undefined) return;
      if (this.#reading.get(carrier) === reading) this.#reading.delete(carrier);
      this.#ended(hearer, carrier);
    };
    if (!response.ok) return this.#isRefused(hearer, carrier, response);
    if (response.status !== 200 || response.body === null) {
      onEnd();
      return response;
    }
    if (carrier !== undefined) {
      this.#reading.set(carrier, reading);
      this.#found(carrier);
    }
    const body = watchedBody(response.body, {
      maxBytes: this.#settings.maxAnswerBytes,
      pace: () => hearer.pause(),
      onEnd,
      signal: reading.signal,
    });
    return new Response(this.#exact.watch(body, response.headers), response);
  }
}
