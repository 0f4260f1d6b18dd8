import type { AnyActorRef } from 'xstate';

export type Report = (error: unknown) => void;
export type Heard = (...args: unknown[]) => unknown;

export interface Listener {
  next?: Heard | undefined;
  error?: Heard | undefined;
  complete?: Heard | undefined;
}

/** The two methods by which code hears an actor. */
interface Audible {
  subscribe(observer: Listener): { unsubscribe(): void };
  on(type: string, handler: Heard): { unsubscribe(): void };
}

/**
 * Has errors of whoever hears an actor reported, where XState throws them in a timer of the host:
 * that would end the process.
 */
export function guard(actor: AnyActorRef, report: Report): void {
  const heard = actor as unknown as Audible;
  const subscribe = heard.subscribe.bind(actor);
  const on = heard.on.bind(actor);
  heard.subscribe = (...given: Parameters<typeof listenerOf>) =>
    subscribe(guarded(listenerOf(...given), report));
  heard.on = (type, handler) => on(type, calling(handler, undefined, report));
}

/** What was given to `subscribe`, in one of its two forms. */
export function listenerOf(
  next: Listener | Heard | undefined,
  error?: Heard,
  complete?: Heard,
): Listener {
  return typeof next === 'object' ? next : { next, error, complete };
}

export function guarded(listener: Listener, report: Report): Listener {
  const { next, error, complete } = listener;
  return {
    ...(next !== undefined && { next: calling(next, listener, report) }),
    // A listener without one would have the error of the actor thrown, once more.
    error: error === undefined ? ignore : calling(error, listener, report),
    ...(complete !== undefined && { complete: calling(complete, listener, report) }),
  };
}

export function calling(callback: Heard, self: unknown, report: Report): Heard {
  return (...args) => {
    try {
      return callback.apply(self, args);
    } catch (error) {
      report(error);
      return undefined;
    }
  };
}

function ignore(): void {}
