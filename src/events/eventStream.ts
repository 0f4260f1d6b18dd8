import { EventEmitter } from 'eventemitter3';
import { runOutside } from '../base/asyncContext.ts';
import type { RuntimeEventName, RuntimeEvents } from './events.ts';

/** The one door to eventemitter3: a listener that throws changes nothing for anybody. */
export class EventStream {
  readonly #emitter = new EventEmitter<Record<RuntimeEventName, [unknown]>>();
  /** Read before assembling a `message` event: nobody listening costs one property. */
  watchesMessages = false;
  /** The same for `session.transition`. */
  watchesTransitions = false;
  /** The same for `request.began` and `request.settled`. */
  watchesRequests = false;
  /** The number of the request that was announced last. */
  lastRequest = 0;

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
    this.watchesTransitions = this.#emitter.listenerCount('session.transition') > 0;
    this.watchesRequests =
      this.#emitter.listenerCount('request.began') > 0 ||
      this.#emitter.listenerCount('request.settled') > 0;
  }
}
