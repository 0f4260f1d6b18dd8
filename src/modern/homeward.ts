import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { countWaiting } from '../http/countWaiting.ts';
import type { LegHost } from '../http/leg.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { SESSION_GONE } from './argument.ts';
import type { Ask } from './ask.ts';
import { metaOf, type Params } from './envelope.ts';
import type { Home, ServerSaid } from './home.ts';
import type { Located, Visitor } from './homes.ts';
import type { Modern } from './modern.ts';
import { UnreadAnswers } from './unreadAnswers.ts';

const JSON_HEADERS = ['Content-Type', 'application/json'] as const;

/** Brings requests of the stateless revision to their homes, or tells their clients why not. */
export class Homeward {
  readonly #host: LegHost;
  readonly #modern: Modern;
  readonly #unread: UnreadAnswers;

  constructor(host: LegHost, modern: Modern) {
    this.#host = host;
    this.#modern = modern;
    this.#unread = new UnreadAnswers(modern);
  }

  /** Finds the home of a request. @param named the session that the request names; `undefined`: none */
  locate(ask: Ask, named: unknown, take: (home: Home) => void): void {
    const { incoming, envelope, message } = ask;
    const { origin, principal, port } = incoming;
    const { head, authInfo } = origin;
    const meta = metaOf(message.params)!;
    const visitor: Visitor = { principal, authInfo, head, meta, envelope, named };
    const go = (where: Located): void => {
      if (typeof where === 'string') return this.#nowhere(where, ask, named);
      if ('at' in where) return where.serve(incoming, port);
      take(where);
    };
    try {
      const where: Awaitable<Located> = this.#modern.homes.locate(visitor);
      if (isPromise(where)) this.wait(ask, where, go);
      else go(where);
    } catch (error) {
      this.failed(ask, error);
    }
  }

  /** Finds a home, and tells what its server says of itself. */
  greeted(ask: Ask, told: (home: Home, said: ServerSaid) => void): void {
    this.locate(ask, undefined, (home) => {
      const go = (said: ServerSaid | undefined): void => {
        // The home may have ended when its server had just said it.
        if (said === undefined || home.isOver) this.refuse(ask, 'server-unavailable');
        else told(home, said);
      };
      if (home.said !== undefined) return go(home.said);
      this.wait(ask, home.saying(), go, home);
    });
  }

  /**
   * Goes on when a promise is fulfilled: until then nobody else has the request, so it counts here.
   *
   * @param home was found for the request, which leaves the home where the wait is in vain
   */
  wait<T>(ask: Ask, promise: PromiseLike<T>, go: (value: T) => void, home?: Home): void {
    const end = countWaiting(this.#modern.services, ask.incoming);
    if (end === undefined) {
      home?.left();
      return this.refuse(ask, 'session-busy');
    }
    Promise.resolve(promise)
      .finally(end)
      .then(go)
      .catch((error: unknown) => {
        home?.left();
        this.failed(ask, error);
      });
  }

  /** Answers a request here: no session behind is asked. */
  say({ incoming: { port, principal }, message }: Ask, result: Params): void {
    if (port.gone) return;
    const { id, params } = message;
    port.send(200, JSON_HEADERS, JSON.stringify({ jsonrpc: '2.0', id, result }));
    this.#unread.add(port, principal, params?.['taskId']);
  }

  refuse({ incoming, message }: Ask, code: RefusalCode, data?: Record<string, unknown>): void {
    this.#host.refuse(incoming.port, code, message.id, data);
  }

  /** Announces an error that belongs to no session, and refuses the request. */
  failed(ask: Ask, error: unknown): void {
    this.refuse(ask, this.#host.failed(error));
  }

  #nowhere(code: RefusalCode, ask: Ask, named: unknown): void {
    if (named === undefined || code !== 'session-not-found') return this.refuse(ask, code);
    // To the model that made the call, and not to the program that carries it.
    const content = [{ type: 'text', text: SESSION_GONE }];
    this.say(ask, { content, isError: true, resultType: 'complete' });
  }
}
