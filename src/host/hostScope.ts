import type { AskOptions, Inbox, OpenQuestion } from './inbox.ts';
import type { ScopeEvent, ScopeListener } from './keptEvents.ts';
import type { OpenScopeHost } from './openScope.ts';
import type { RpcEntry, RpcProgress } from './tap.ts';

/** What a {@link HostScope} needs of the scope's actor. */
export interface HostScopeHost extends OpenScopeHost {
  readonly inbox: Inbox;
  run<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T>;
}

export interface SubscribeOptions {
  /** Tells the kept events after this sequence first; 0 tells all of them. @default none */
  readonly after?: number;
  /**
   * Counts as an open stream does: neither time nor capacity ends the scope. For a socket of yours
   * with a user at its other end; an attached listener that is never removed keeps the scope for
   * ever.
   * @default false
   */
  readonly attached?: boolean;
}

/**
 * One user, tenant or browser session of your application, for the requests that belong to this
 * scope. Everything here is this scope's alone: no call reaches another scope.
 */
export class HostScope<R = unknown> {
  readonly #actor: HostScopeHost;

  /** Made by the host: see `Host.enter`. */
  constructor(actor: HostScopeHost) {
    this.#actor = actor;
  }

  /** Names the scope in logs and events; of no use to a client. */
  get key(): string {
    return this.#actor.key;
  }

  get principal(): string | undefined {
    return this.#actor.principal;
  }

  /**
   * Runs work with the resource that `open` made, or makes now if no work has asked before. The
   * scope is neither idle nor evicted until the work is done.
   *
   * @param work its signal aborts when the work is given up, as at the end of the scope: pass it on
   * @throws ActorsError `scope-busy`, `session-over`, `timed-out`; whatever `open` or `work` throws
   */
  run<T>(work: (resource: R, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    return this.#actor.run((resource, signal) => work(resource as R, signal));
  }

  /**
   * Tells this scope's subscribers an event.
   *
   * @param kind the event's name: 1 to 64 letters, digits and `_.:/-`, and no kind the scope itself
   * tells
   * @param data any value JSON can hold; kept by reference
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
   * Answers one of this scope's own questions; `false` when no such question is open, or no longer.
   *
   * @throws whatever the `schema` of the question throws; the question stays open
   */
  answer(id: string, value: unknown): boolean {
    return this.#actor.inbox.answer(id, value);
  }

  /** This scope's questions that wait for an answer, oldest first. */
  get questions(): readonly OpenQuestion[] {
    return this.#actor.inbox.questions;
  }

  /** The last messages of this scope's clients: types and sizes, oldest first. */
  get log(): readonly RpcEntry[] {
    return this.#actor.rpcLog.entries;
  }

  /** The last progress of each request that this scope's clients wait for. */
  get progress(): readonly RpcProgress[] {
    return this.#actor.rpcLog.progress;
  }

  /** The last events of this scope that can be resumed from, oldest first. */
  get events(): readonly ScopeEvent[] {
    return this.#actor.feed.events;
  }

  /** Hears this scope's events; returns how to stop. A listener that throws disturbs nothing. */
  subscribe(listener: ScopeListener, options: SubscribeOptions = {}): () => void {
    return this.#actor.feed.subscribe((event) => listener(event), options);
  }

  /** Ends the scope and all it owns. Work in flight may finish within `closeTimeoutMs`. */
  close(): void {
    this.#actor.close('terminated');
  }
}
