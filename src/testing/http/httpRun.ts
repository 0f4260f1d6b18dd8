import http from 'node:http';
import https from 'node:https';
import { Mismatch } from '../mismatch.ts';
import type { HttpDriverOptions, ToolCall } from './httpOptions.ts';
import { Reply, type WireMessage } from './reply.ts';

type Headers = Readonly<Record<string, string | undefined>>;

const DEFAULT_VERSION = '2025-11-25';
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_SETTLE_MS = 60_000;

/** A client on its way along a path: what the client holds, and what it saw last. */
export class HttpRun {
  readonly options: HttpDriverOptions;
  /** Id of the session that the client has, or had. */
  sessionId: string | undefined;
  /** Ids the client had before, or made up: a server must not open a session with one of them. */
  readonly usedIds = new Set<string>();
  /** The responses to the last event. */
  replies: readonly Reply[] = [];
  /** The response to the call in flight. */
  call: Reply | undefined;
  callId: number | undefined;
  /** What the server asked the client during the call. */
  question: WireMessage | undefined;
  /** The GET stream. */
  stream: Reply | undefined;
  /** How many messages had come on the GET stream before the last event. */
  heardBefore = 0;
  readonly #url: URL;
  readonly #open = new Set<Reply>();
  #ids = 0;

  constructor(options: HttpDriverOptions) {
    this.options = options;
    this.#url = new URL(options.url);
  }

  /** Sends a JSON-RPC request with a new id. */
  request(method: string, params: unknown = {}, headers: Headers = {}): Reply {
    return this.post({ jsonrpc: '2.0', id: ++this.#ids, method, params }, headers);
  }

  callTool({ name, arguments: args = {} }: ToolCall): Reply {
    return this.request('tools/call', { name, arguments: args });
  }

  notify(method: string, params?: unknown): Reply {
    return this.post({ jsonrpc: '2.0', method, ...(params !== undefined && { params }) });
  }

  /** Every request of the server that came with the call or on the GET stream. */
  get questions(): WireMessage[] {
    const messages = [this.call, this.stream].flatMap((reply) => reply?.messages ?? []);
    return messages.filter(({ method, id }) => method !== undefined && id !== undefined);
  }

  /** Id of the last request. */
  get lastId(): number {
    return this.#ids;
  }

  initialize(headers: Headers = {}): Reply {
    const params = {
      protocolVersion: this.options.protocolVersion ?? DEFAULT_VERSION,
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      clientInfo: { name: 'mcp-actors-testing', version: '1.0.0' },
    };
    return this.request('initialize', params, { 'mcp-protocol-version': undefined, ...headers });
  }

  post(message: object, headers: Headers = {}): Reply {
    const { method } = message as { method?: string };
    const media = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    return this.send('POST', { ...media, ...headers }, JSON.stringify(message), method ?? 'answer');
  }

  get(headers: Headers = {}): Reply {
    return this.send('GET', { accept: 'text/event-stream', ...headers });
  }

  delete(headers: Headers = {}): Reply {
    return this.send('DELETE', headers);
  }

  /**
   * Sends an HTTP request on a socket of its own: no request of a test waits behind another. A
   * header of `undefined` is left out.
   *
   * @param what what the request is, for reports
   */
  send(method: string, headers: Headers, body?: string, what?: string): Reply {
    const { protocolVersion = DEFAULT_VERSION, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const all = Object.entries({
      ...this.options.headers,
      'mcp-session-id': this.sessionId,
      'mcp-protocol-version': this.sessionId === undefined ? undefined : protocolVersion,
      ...headers,
    }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const { request } = this.#url.protocol === 'https:' ? https : http;
    const options = { method, headers: Object.fromEntries(all), agent: false };
    const sent = request(this.#url, options, (response) => {
      reply.begin(response.statusCode ?? 0, response.headers);
      response.setEncoding('utf8');
      response.on('data', (text: string) => reply.push(text));
      response.on('end', () => reply.finish('ended by the server'));
      response.on('close', () => reply.finish('broken'));
      response.on('error', () => reply.finish('broken'));
    });
    const to = what === undefined ? method : `${method} ${what}`;
    const reply = new Reply(to, timeoutMs, () => sent.destroy());
    sent.on('error', ({ message }) => reply.finish(message));
    sent.end(body);
    this.#open.add(reply);
    return reply;
  }

  /** Sends a request that no session hears: once answered, all sent before has arrived. */
  async passBy(): Promise<void> {
    await this.request('ping', {}, { 'mcp-session-id': 'nobody' }).whole();
  }

  /** Opens a second session, of another principal where there is one. @returns the session's id */
  async another(): Promise<string> {
    const { foreign } = this.options;
    const reply = await this.initialize({ ...foreign, 'mcp-session-id': undefined }).whole();
    const id = reply.header('mcp-session-id');
    if (id === undefined) throw new Mismatch('a second session', reply.describe());
    const theirs = { ...foreign, 'mcp-session-id': id };
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, theirs).whole();
    return id;
  }

  /** Checks that the session answers, which it does for as long as it is there. */
  async mustBeThere(): Promise<void> {
    const reply = await this.request('ping').whole();
    if (reply.status === 200 && reply.answers[0]?.result !== undefined) return;
    throw new Mismatch('the session to be there: 200 to a ping', reply.describe());
  }

  /** Checks that the session is over. */
  async mustBeOver(): Promise<void> {
    const reply = await this.request('ping').whole();
    if (reply.status !== 404) throw new Mismatch('404: the session is over', reply.describe());
  }

  /** Moves time until work of an ended session is over; without control of time, does nothing. */
  async settle(): Promise<void> {
    const { time } = this.options;
    await time?.advance(time.settleMs ?? DEFAULT_SETTLE_MS);
  }

  /** Forgets the session, and what was open in it. */
  forget(): void {
    this.forgetCall();
    this.stream = undefined;
  }

  /** Forgets the call, and what it asked: the call is over. */
  forgetCall(): void {
    this.call = undefined;
    this.callId = undefined;
    this.question = undefined;
  }

  /** Releases everything: the call that runs, the session, the sockets. */
  async end(): Promise<void> {
    try {
      if (this.call?.isOpen === true && this.question === undefined)
        await this.options.slow?.finish();
      if (this.sessionId !== undefined) await this.delete().head();
    } catch (error) {
      // A server that is gone, or does not answer, was reported by the step that needed an answer.
      if (!(error instanceof Mismatch)) throw error;
    } finally {
      for (const reply of this.#open) if (reply.isOpen) reply.leave();
      this.#open.clear();
    }
  }
}
