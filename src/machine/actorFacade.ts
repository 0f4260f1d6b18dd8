import type { AnyActorLogic, AnyEventObject, Subscription } from 'xstate';
import { ActorsError } from '../base/errors.ts';
import type { Session } from '../session/session.ts';
import type { UserActor, WaitOptions } from '../session/userActor.ts';
import type { LiveActor } from './liveActor.ts';

/** What an actor's facade needs of its session. */
export interface FacadeHost {
  readonly session: Session;
  /** Calls back in a later turn of the event loop. */
  later(callback: () => void): void;
  /** Runs code as part of the session. */
  run<R>(callback: () => R): R;
  /**
   * Runs what sends an event, as part of the session.
   *
   * @param tool whose call sends the event; `undefined`: the tool whose call the code runs for, if any
   */
  sendingFor(tool: string | undefined, send: () => void): void;
  /** Counts an event that came too late. */
  deadLetter(): void;
  /** Calls back after a time; returns how to stop. */
  after(ms: number, callback: () => void): () => void;
}

/** How long a wait lasts, where its caller does not say. */
const WAIT_MS = 60_000;

type Test = (snapshot: unknown) => boolean;

/** What user code holds of an actor: see {@link UserActor}. */
export class ActorFacade implements UserActor {
  readonly id: string;
  readonly #live: LiveActor;
  /** The session of the actor, for what is built upon the actor. */
  readonly host: FacadeHost;
  #isOver = false;

  constructor(id: string, live: LiveActor, host: FacadeHost) {
    this.id = id;
    this.#live = live;
    this.host = host;
  }

  /** The actor is stopped. */
  over(): void {
    this.#isOver = true;
  }

  send(event: AnyEventObject): boolean {
    return this.sendFor(undefined, event);
  }

  /** Sends an event for the call of a tool. */
  sendFor(tool: string | undefined, event: AnyEventObject): boolean {
    if (this.#isOver || !this.#live.isActive) {
      this.host.deadLetter();
      return false;
    }
    this.host.sendingFor(tool, () => this.#live.actor.send(event));
    return true;
  }

  getSnapshot(): ReturnType<UserActor['getSnapshot']> {
    return this.#live.actor.getSnapshot();
  }

  subscribe(observer: Parameters<UserActor['subscribe']>[0]): Subscription {
    return this.#live.actor.subscribe(observer as (snapshot: unknown) => void);
  }

  on(type: string, handler: (emitted: never) => void): Subscription {
    return this.#live.actor.on(type, handler as (emitted: unknown) => void);
  }

  waitFor(test: Test, options: WaitOptions = {}): Promise<ReturnType<AnyActorLogic['transition']>> {
    const { timeoutMs = WAIT_MS, signal } = options;
    if (!(typeof timeoutMs === 'number' && timeoutMs > 0)) {
      throw new ActorsError('bad-option', 'timeoutMs must be a number of ms > 0, or Infinity');
    }
    const ends: (() => void)[] = [];
    const waited = new Promise<ReturnType<AnyActorLogic['transition']>>((resolve, reject) => {
      const look = (snapshot: ReturnType<AnyActorLogic['transition']>): void => {
        try {
          if (test(snapshot)) resolve(snapshot);
        } catch (error) {
          reject(error);
        }
      };
      const isOver = (): void => reject(new ActorsError('session-over', 'the actor is over'));
      look(this.getSnapshot());
      if (this.#isOver) isOver();
      const hearing = this.subscribe({ next: look, error: reject, complete: isOver });
      ends.push(() => hearing.unsubscribe());
      if (timeoutMs < Infinity) {
        const late = (): void => reject(new ActorsError('timed-out', 'waitFor took too long'));
        ends.push(this.host.after(timeoutMs, late));
      }
      const aborted = (): void => reject(signal?.reason as Error);
      if (signal?.aborted === true) aborted();
      signal?.addEventListener('abort', aborted);
      ends.push(() => signal?.removeEventListener('abort', aborted));
    });
    return waited.finally(() => {
      for (const end of ends) end();
    });
  }
}
