import { EventEmitter } from 'eventemitter3';
import { runOutside } from './context.ts';
import type { EndReason } from '../machines/session.ts';
import type { MessageKind } from './wire/jsonrpc.ts';

/** Why a message was not delivered. A closed set. */
export const DEAD_LETTER_REASONS = [
  'full',
  'closed',
  'unknown',
  'malformed',
  'stale',
  'late',
] as const;

export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** A message that could not be delivered. Types and sizes only, never what was in it. */
export interface DeadLetter {
  readonly at: number;
  readonly session: string;
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly method: string | undefined;
  readonly reason: DeadLetterReason;
}

/** What a runtime announces. `session` is always the loggable key, never the id. */
export interface RuntimeEvents {
  'session.started': { session: string; principal: string };
  'session.transition': { session: string; from: string; to: string };
  'session.ended': { session: string; reason: EndReason; ageMs: number };
  'session.crashed': { session: string; error: unknown; restarted: boolean };
  'session.orphan': { session: string; what: 'resource' | 'handler' | 'server'; error?: unknown };
  /** One message passed a mailbox. Only assembled while somebody listens. */
  message: {
    session: string;
    direction: 'in' | 'out';
    kind: MessageKind;
    method: string | undefined;
    bytes: number;
  };
  deadletter: DeadLetter;
  /** A limit was met; `limit` is the option's name. */
  limit: { session: string | undefined; limit: string };
  /** A request failed outside any session: in `principal`, `createId`, or in a defect of ours. */
  'endpoint.failed': { error: unknown };
  /** A listener of this stream threw. Its own error is never announced to it again. */
  'observer.failed': { event: string; error: unknown };
}

export type RuntimeEventName = keyof RuntimeEvents;

/** The one door to eventemitter3: a listener that throws changes nothing for anybody. */
export class EventStream {
  readonly #emitter = new EventEmitter<Record<RuntimeEventName, [unknown]>>();
  /** Read before assembling a `message` event: nobody listening costs one property. */
  watchesMessages = false;

  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void {
    const failed = (error: unknown): void => {
      if (name !== 'observer.failed') this.emit('observer.failed', { event: name, error });
    };
    const guarded = (event: unknown): void => {
      try {
        // Outside: a timer that a listener sets is not the session's it heard of.
        const result: unknown = runOutside(() => listener(event as RuntimeEvents[N]));
        // An async function is a listener too, by the type and by custom.
        if (result instanceof Promise) result.catch(failed);
      } catch (error) {
        failed(error);
      }
    };
    this.#emitter.on(name, guarded);
    this.#note();
    return () => {
      this.#emitter.off(name, guarded);
      this.#note();
    };
  }

  /** How many listen to an event. */
  listeners(name: RuntimeEventName): number {
    return this.#emitter.listenerCount(name);
  }

  emit<N extends RuntimeEventName>(name: N, event: RuntimeEvents[N]): void {
    this.#emitter.emit(name, event);
  }

  #note(): void {
    this.watchesMessages = this.#emitter.listenerCount('message') > 0;
  }
}
