import type { RpcProgress } from './followedCalls.ts';
import type { Feed } from './feed.ts';
import type { AskOptions, Inbox, OpenQuestion } from './inbox.ts';
import type { ScopeEvent, ScopeListener } from './scopeEvent.ts';
import type { RpcEntry } from './tap.ts';

/** The actor of a scope, as its users see it. */
export interface HostScopeHost {
  readonly key: string;
  readonly principal: string | undefined;
  readonly feed: Feed;
  readonly inbox: Inbox;
  readonly rpcLog: {
    readonly entries: readonly RpcEntry[];
    readonly progress: readonly RpcProgress[];
  };
  run<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T>;
  publish(kind: string, data: unknown): void;
  ask<T>(kind: string, params: unknown, options: AskOptions<T>): Promise<T>;
  close(reason: 'terminated'): void;
}

export interface SubscribeOptions {
  /** Also the kept events after this sequence, first. 0 is all of them. */
  readonly after?: number;
  /**
   * Counts as an open stream does: neither time nor capacity ends the scope. For a socket of yours
   * with a user at its other end; a listener that is never removed would keep it for ever.
   * @default false
   */
  readonly attached?: boolean;
}

/**
 * One user, tenant or browser session of your application, as a request of it sees it. Everything
 * here is this scope's alone: there is no call that reaches another's.
 */
export class HostScope<R = unknown> {
  readonly #actor: HostScopeHost;

  /** Made by the host: see `Host.enter`. */
  constructor(actor: HostScopeHost) {
    this.#actor = actor;
  }

  /** A name for logs and events; of no use to a client. */
  get key(): string {
    return this.#actor.key;
  }

  get principal(): string | undefined {
    return this.#actor.principal;
  }

  /**
   * Runs work with what `open` made (made now, if nobody has asked yet). The scope is neither idle
   * nor evicted until it is done.
   *
   * @param work its signal aborts when the work is given up, as at the end of the scope: pass it on
   * @throws ActorsError `scope-busy`, `session-over`, `timed-out`; whatever `open` or `work` throws
   */
  run<T>(work: (resource: R, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    return this.#actor.run((resource, signal) => work(resource as R, signal));
  }

  /**
   * Tells this scope's subscribers something.
   *
   * @param kind the event's name: letters, digits and `_.:/-`, and none of the scope's own
   * @param data anything JSON has words for; kept by reference
   * @throws ActorsError `bad-option`
   */
  publish(kind: string, data: unknown): void {
    this.#actor.publish(kind, data);
  }

  /**
   * Asks the person behind this scope and waits for the answer.
   *
   * @throws ActorsError `inbox-full`, `session-over`, `timed-out`; the signal's reason
   */
  ask<T = unknown>(kind: string, params: unknown, options: AskOptions<T> = {}): Promise<T> {
    return this.#actor.ask(kind, params, options);
  }

  /**
   * Answers one of this scope's own questions; `false` when there is no such question, or no longer.
   *
   * @throws whatever the `schema` of who asked throws; the question stays open
   */
  answer(id: string, value: unknown): boolean {
    return this.#actor.inbox.answer(id, value);
  }

  /** What waits for an answer, oldest first. */
  get questions(): readonly OpenQuestion[] {
    return this.#actor.inbox.questions;
  }

  /** The last messages of this scope's clients: types and sizes, oldest first. */
  get log(): readonly RpcEntry[] {
    return this.#actor.rpcLog.entries;
  }

  /** The last progress of each request its clients wait for. */
  get progress(): readonly RpcProgress[] {
    return this.#actor.rpcLog.progress;
  }

  /** The last events that can be resumed from, oldest first. */
  get events(): readonly ScopeEvent[] {
    return this.#actor.feed.events;
  }

  /** Hears this scope's events; returns how to stop. A listener that throws disturbs nobody. */
  subscribe(listener: ScopeListener, options: SubscribeOptions = {}): () => void {
    return this.#actor.feed.subscribe((event) => listener(event), options);
  }

  /** Ends the scope and everything it owns. Work in flight may finish within `closeTimeoutMs`. */
  close(): void {
    this.#actor.close('terminated');
  }
}
