import { EventEmitter } from 'eventemitter3';
import { outsideSessions } from '../base/asyncContext.ts';
import { isPromise } from '../base/awaitable.ts';
import { checkName } from '../base/optionNames.ts';
import { RUNTIME_EVENTS, type RuntimeEventName, type RuntimeEvents } from './events.ts';

/** Announces a runtime's events; the one door to eventemitter3. A failing listener harms nobody. */
export class EventStream {
  readonly #emitter = new EventEmitter<Record<RuntimeEventName, [unknown]>>();
  /** There is a listener to `message`. Read before one is assembled: no listener, no cost. */
  watchesMessages = false;
  /** There is a listener to `session.transition`. */
  watchesTransitions = false;
  /** There is a listener to `actor.transition`. */
  watchesActors = false;
  /** There is a listener to `call.transition`. */
  watchesCalls = false;
  /** There is a listener to `request.began` or `request.settled`. */
  watchesRequests = false;
  /** The number of the last request that was announced. */
  lastRequest = 0;

  /** @throws ActorsError `bad-option` for a name that is no event's: it would never fire */
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void {
    checkName('on', name, RUNTIME_EVENTS);
    const failed = (error: unknown): void => {
      if (name !== 'observer.failed') this.emit('observer.failed', { event: name, error });
    };
    const guarded = (event: unknown): void => {
      try {
        // Outside: a timer that a listener sets does not belong to the session the event is about.
        const result: unknown = outsideSessions(() => listener(event as RuntimeEvents[N]));
        // An async function is a listener too, by the type and by custom.
        if (isPromise(result)) Promise.resolve(result).catch(failed);
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

  /** How many listeners an event has. */
  listeners(name: RuntimeEventName): number {
    return this.#emitter.listenerCount(name);
  }

  emit<N extends RuntimeEventName>(name: N, event: RuntimeEvents[N]): void {
    this.#emitter.emit(name, event);
  }

  #note(): void {
    this.watchesMessages = this.#emitter.listenerCount('message') > 0;
    this.watchesTransitions = this.#emitter.listenerCount('session.transition') > 0;
    this.watchesActors = this.#emitter.listenerCount('actor.transition') > 0;
    this.watchesCalls = this.#emitter.listenerCount('call.transition') > 0;
    this.watchesRequests =
      this.#emitter.listenerCount('request.began') > 0 ||
      this.#emitter.listenerCount('request.settled') > 0;
  }
}
