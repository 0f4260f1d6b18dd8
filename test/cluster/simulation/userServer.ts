import type { Session, SessionServer } from '../../../src/index.ts';
import type { ServerTransport } from '../../../src/session/transport.ts';
import type { Clock } from '../../../src/base/clock.ts';
import type { Random } from '../../simulation/random.ts';
import {
  isRequest,
  type Message,
  type RequestId,
  type RequestMessage,
} from '../../../src/wire/jsonrpc.ts';

/** What sessions keep: the calls that have changed them. */
export interface Basket {
  readonly calls: readonly number[];
}

/** What a server tells of what it does. */
export interface UserServerHost {
  readonly clock: Clock;
  readonly random: Random;
  /** A call begins. */
  began(session: Session<Basket>, call: number): void;
  /** A call was cancelled by its client, and hears of it. */
  cancelled(call: number): void;
}

export type Kind = 'count' | 'slow' | 'ask' | 'hold';

/** How many notifications of its progress a slow call sends. */
const STEPS = 4;
/** How long a question waits for its answer. */
const PATIENCE_MS = 4000;
/** How long a held call waits to be cancelled. */
const HOLD_MS = 2500;

/** A server that speaks to its transport by itself: counts, tells, asks and waits. */
export class UserServer implements SessionServer {
  readonly #host: UserServerHost;
  readonly #session: Session<Basket>;
  #transport: ServerTransport | null = null;
  #questions = 0;
  readonly #asked = new Map<RequestId, (answer: number | undefined) => void>();
  readonly #held = new Map<RequestId, () => void>();

  constructor(host: UserServerHost, session: Session<Basket>) {
    this.#host = host;
    this.#session = session;
  }

  async connect(transport: ServerTransport): Promise<void> {
    this.#transport = transport;
    transport.onmessage = (message) => this.#take(message as Message);
    await transport.start();
  }

  async close(): Promise<void> {
    await this.#transport?.close();
  }

  /** Tells the client something that belongs to no call. */
  remark(number: number): void {
    const data = { session: this.#session.id, remark: number };
    this.#say('notifications/message', { level: 'info', data });
  }

  #take(message: Message): void {
    if (isRequest(message)) void this.#serve(message);
    else if (!('method' in message)) this.#answered(message.id, message.result?.['number']);
    else if (message.method === 'notifications/cancelled') {
      this.#held.get(message.params?.['requestId'] as RequestId)?.();
    }
  }

  async #serve({ id, method, params = {} }: RequestMessage): Promise<void> {
    if (method === 'tools/call') {
      const { call } = params['arguments'] as { readonly call: number };
      const progress = params['_meta'] as { readonly progressToken?: RequestId } | undefined;
      return this.#call(id, params['name'] as Kind, call, progress?.progressToken);
    }
    if (method !== 'initialize') return this.#answer(id, {});
    const { protocolVersion } = params;
    const serverInfo = { name: 'counter', version: '1' };
    this.#answer(id, { protocolVersion, capabilities: { tools: {} }, serverInfo });
  }

  async #call(id: RequestId, kind: Kind, call: number, token?: RequestId): Promise<void> {
    this.#host.began(this.#session, call);
    const session = this.#session.id;
    let answer: number | undefined;
    try {
      if (kind === 'hold') await this.#hold(id, call);
      else if (kind === 'ask') answer = await this.#ask(id, call);
      else if (kind === 'slow') await this.#tell(id, call, token);
      else await this.#nap(this.#host.random.chance(0.1) ? 2000 : 15);
      // A held call that was cancelled has no answer.
      if (kind === 'hold' && !this.#held.delete(id)) return;
      const { calls } = await this.#session.update((state) => ({ calls: [...state.calls, call] }));
      this.#answer(id, { session, call, count: calls.length, answer });
    } catch {
      const error = { code: -32000, message: 'not counted', data: { code: 'not-counted' } };
      void this.#transport?.send({ jsonrpc: '2.0', id, error });
    }
  }

  async #tell(id: RequestId, call: number, progressToken?: RequestId): Promise<void> {
    for (let progress = 1; progress <= STEPS; progress++) {
      await this.#nap(120);
      const message = `${this.#session.id} ${call}`;
      const params = { progressToken, progress, total: STEPS, message };
      this.#say('notifications/progress', params, id);
    }
  }

  #ask(relatedRequestId: RequestId, call: number): Promise<number | undefined> {
    const id = `q${++this.#questions}`;
    return new Promise((resolve) => {
      const timer = this.#host.clock.setTimeout(() => settle(undefined), PATIENCE_MS);
      const settle = (answer: number | undefined): void => {
        this.#host.clock.clearTimeout(timer);
        this.#asked.delete(id);
        resolve(answer);
      };
      this.#asked.set(id, settle);
      const params = { message: `${this.#session.id} ${call}`, requestedSchema: {} };
      const question = { jsonrpc: '2.0' as const, id, method: 'elicitation/create', params };
      void this.#transport?.send(question, { relatedRequestId });
    });
  }

  #answered(id: RequestId, number: unknown): void {
    this.#asked.get(id)?.(typeof number === 'number' ? number : undefined);
  }

  #hold(id: RequestId, call: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#host.clock.setTimeout(resolve, HOLD_MS);
      this.#held.set(id, () => {
        this.#held.delete(id);
        this.#host.clock.clearTimeout(timer);
        this.#host.cancelled(call);
        resolve();
      });
    });
  }

  #nap(mostMs: number): Promise<void> {
    const ms = this.#host.random.next() * mostMs;
    return new Promise((resolve) => this.#host.clock.setTimeout(resolve, ms));
  }

  #answer(id: RequestId, result: Readonly<Record<string, unknown>>): void {
    void this.#transport?.send({ jsonrpc: '2.0', id, result });
  }

  #say(method: string, params: Readonly<Record<string, unknown>>, about?: RequestId): void {
    const options = about === undefined ? {} : { relatedRequestId: about };
    void this.#transport?.send({ jsonrpc: '2.0', method, params }, options);
  }
}
