import { EventEmitter } from 'node:events';
import type { Session } from 'mcp-actors';
import {
  isRequest,
  isResponse,
  type Message,
  type RequestMessage,
  type ResponseMessage,
} from '../../../src/wire/jsonrpc.ts';
import { FakeServer } from '../fakeServer.ts';
import type { Ledger } from './ledger.ts';
import type { Life } from './life.ts';

export interface Basket {
  readonly tokens: readonly number[];
}

/** A request that waits for a test to have it answered. */
interface Held {
  readonly id: RequestMessage['id'];
  readonly token: number;
}

/** One incarnation of one session, and what it may expect. */
export class Incarnation {
  readonly server: FakeServer;
  readonly session: Session<Basket>;
  readonly life: Life;
  readonly held: Held[] = [];
  readonly #ledger: Ledger;
  readonly #nap: () => Promise<void>;
  readonly #isDead: () => boolean;
  /** What it asked, by its own ids. */
  readonly #asked = new Map<RequestMessage['id'], number>();
  readonly #isRebuilt: boolean;
  /** The level its client was promised, before it was made. */
  readonly #promised: number;
  #isLeveled = false;
  readonly #owned: EventEmitter[] = [];

  /**
   * @param nap what is slow waits for
   * @param isDead of its process
   */
  constructor(
    session: Session<Basket>,
    life: Life,
    ledger: Ledger,
    nap: () => Promise<void>,
    isDead: () => boolean = () => false,
  ) {
    this.session = session;
    this.life = life;
    this.#ledger = ledger;
    this.#nap = nap;
    this.#isDead = isDead;
    this.#isRebuilt = session.wakeCount > 0;
    this.#promised = life.level;
    this.server = new FakeServer((message) => this.#take(message));
  }

  /** A word of no request. @returns whether it could be said */
  say(n: number): void {
    this.server.notify('notifications/message', { n });
  }

  ask(q: number, related?: Held): void {
    const id = `q${q}`;
    this.#asked.set(id, q);
    const message = { jsonrpc: '2.0' as const, id, method: 'elicitation/create', params: { q } };
    const options = related === undefined ? {} : { relatedRequestId: related.id };
    void this.server.transport?.send(message, options);
  }

  /** What it asked is not answered in time: as the SDK does it, its client is told. */
  giveUp(): void {
    for (const requestId of this.#asked.keys()) {
      this.server.notify('notifications/cancelled', { requestId });
    }
    this.#asked.clear();
  }

  answer(held: Held): void {
    this.held.splice(this.held.indexOf(held), 1);
    this.#reply(held.id, held.token);
  }

  /** Something it owns fails. @returns whether it owns anything */
  burst(): boolean {
    return this.#owned.at(-1)?.emit('error', new Error('burst')) ?? false;
  }

  #take(message: Message): true {
    const { server } = this;
    this.#ledger.check(server.closes === 0, () => `a released server of ${this.#name} heard`);
    if (isResponse(message)) this.#hear(message);
    else if (!isRequest(message)) this.#note(message.method);
    else if (message.method === 'initialize') this.#initialize(message);
    else this.#serve(message);
    return true;
  }

  get #name(): string {
    return `${this.life.id} (epoch ${this.session.wakeCount + 1})`;
  }

  #initialize(message: RequestMessage): void {
    this.#ledger.check(this.server.received.length === 1, () => `${this.#name} initialized late`);
    this.server.answer(message.id, {
      protocolVersion: message.params?.['protocolVersion'],
      capabilities: {},
      serverInfo: { name: 'sleeper', version: '1' },
    });
  }

  #note(method: string): void {
    if (method !== 'notifications/initialized') return;
    this.#ledger.check(this.life.isConfirmed, () => `${this.#name} was told what nobody said`);
  }

  #hear({ id, result, error }: ResponseMessage): void {
    const q = this.#asked.get(id);
    this.#asked.delete(id);
    this.#ledger.check(
      q !== undefined && (error !== undefined || result?.['q'] === q),
      () => `${this.#name} asked ${String(q)} and was answered ${String(result?.['q'])}`,
    );
  }

  #serve({ id, method, params }: RequestMessage): void {
    const { session, server } = this;
    const token = Number(params?.['token']);
    const isReplay = String(id).startsWith(session.key);
    this.#ledger.check(
      !isReplay || (this.#isRebuilt && method === 'logging/setLevel'),
      () => `${this.#name} was replayed ${method}`,
    );
    this.#ledger.check(
      isReplay || !this.#isRebuilt || this.#promised === 0 || this.#isLeveled,
      () => `${this.#name} was never told level ${this.#promised}`,
    );
    if (isReplay) return this.#level(id, Number(params?.['level']));
    if (method === 'add' || method === 'add slowly') {
      const isSlow = method === 'add slowly';
      void session
        .update(async ({ tokens }) => {
          if (isSlow) await this.#nap();
          return { tokens: [...tokens, token] };
        })
        .then(() => this.#reply(id, token));
    } else if (method === 'boom') throw new Error('boom');
    else if (method === 'own') {
      const close = async (): Promise<void> => {
        await this.#nap();
        this.life.owned--;
      };
      // A dead process has nothing any more that somebody could count.
      if (!this.#isDead()) this.life.owned++;
      this.#owned.push(session.own(Object.assign(new EventEmitter(), { close })));
      this.#reply(id, token);
    } else if (method === 'hold') this.held.push({ id, token });
    else if (method === 'talk') {
      server.notify('notifications/message', { n: token }, id);
      this.held.push({ id, token });
    } else this.#reply(id, token);
  }

  /** The level its client asked for is told to every later server. */
  #level(id: RequestMessage['id'], level: number): void {
    const { life } = this;
    this.#isLeveled = true;
    this.#ledger.check(
      life.levels.includes(level) && level >= life.level,
      () => `${this.#name} was told level ${level} after ${life.level}`,
    );
    this.server.answer(id);
  }

  #reply(id: RequestMessage['id'], token: number): void {
    const { tokens } = this.session.state;
    this.server.answer(id, { token, sid: this.life.id, tokens: [...tokens] });
  }
}
