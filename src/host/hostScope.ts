import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { LogEntry } from '../journal.ts';
import type { Owned } from '../scope.ts';
import type { FeedEvent, FeedListener } from './feed.ts';
import type { OpenQuestion } from './inbox.ts';
import { RecordingTransport } from './recorder.ts';
import type { ScopeActor } from './scopeActor.ts';

/**
 * One user, tenant or browser session of your application. Everything here is this scope's alone:
 * there is no call that reaches another's.
 */
export class HostScope<R = unknown> {
  readonly #actor: ScopeActor;

  /** Made by the host; use `host.enter()`. */
  constructor(actor: ScopeActor) {
    this.#actor = actor;
  }

  /** A name for logs; of no use to a client. */
  get key(): string {
    return this.#actor.key;
  }

  get principal(): string | undefined {
    return this.#actor.principal;
  }

  /**
   * Runs work with what `open` made (made now, if nobody has asked yet). The scope stays awake
   * until it is done.
   *
   * @throws ActorsError `scope-busy`, `session-over`; whatever `open` or `work` throws
   */
  run<T>(work: (resource: R) => T | Promise<T>): Promise<T> {
    return this.#actor.run((resource) => work(resource as R));
  }

  /** Ties something to this scope: see `Session.own`. */
  own<T extends Owned>(resource: T, options?: { readonly deadlineMs?: number }): T {
    this.#actor.own(resource, options?.deadlineMs);
    return resource;
  }

  /** Aborts when what the scope owns is released. */
  get signal(): AbortSignal {
    return this.#actor.signal;
  }

  /** A client's transport whose messages are noted in this scope's log: types and sizes only. */
  record(transport: Transport): Transport {
    const { journal, feed } = this.#actor;
    return new RecordingTransport(transport, (direction, kind, method, bytes) => {
      journal.saw(direction, kind, method, bytes);
      feed.publish(this.#actor.now(), 'rpc', { direction, kind, method, bytes });
    });
  }

  /** Tells this scope's subscribers something. */
  publish(kind: string, data: unknown): void {
    this.#actor.feed.publish(this.#actor.now(), kind, data);
  }

  /**
   * Asks the person behind this scope and waits: what an elicitation or sampling handler returns.
   *
   * @throws ActorsError `inbox-full`, `session-over`; the signal's reason
   */
  async ask<T = unknown>(
    kind: string,
    params: unknown,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const { inbox, feed } = this.#actor;
    const { question, answer } = inbox.ask(kind, params, this.#actor.now(), options.signal);
    feed.publish(question.askedAt, 'question', question);
    try {
      return (await answer) as T;
    } finally {
      feed.publish(this.#actor.now(), 'question.closed', { id: question.id });
    }
  }

  /** Answers one of this scope's own questions; `false` when there is no such question (any more). */
  answer(id: number, value: unknown): boolean {
    this.#actor.touch();
    return this.#actor.inbox.answer(id, value);
  }

  /** What waits for an answer. */
  get questions(): readonly OpenQuestion[] {
    return this.#actor.inbox.questions;
  }

  /** The last messages of recorded transports. */
  get log(): readonly LogEntry[] {
    return this.#actor.journal.log;
  }

  /** The last events of this scope. */
  get events(): readonly FeedEvent[] {
    return this.#actor.feed.events;
  }

  /** Hears this scope's events; returns how to stop. @param after also those after this sequence */
  subscribe(listener: FeedListener, after?: number): () => void {
    return this.#actor.feed.subscribe(listener, after);
  }

  /** Ends the scope and everything it owns. */
  close(): void {
    this.#actor.close('terminated');
  }
}
