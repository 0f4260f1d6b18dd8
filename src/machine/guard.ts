import type { AnyActorRef } from 'xstate';

type Report = (error: unknown) => void;
type Heard = (...args: unknown[]) => unknown;

interface Observer {
  next?: Heard | undefined;
  error?: Heard | undefined;
  complete?: Heard | undefined;
}

/** The two methods by which code hears an actor. */
interface Audible {
  subscribe(observer: Observer): { unsubscribe(): void };
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
  heard.subscribe = (observer: Observer | Heard | undefined, error?: Heard, complete?: Heard) =>
    subscribe(
      guarded(
        typeof observer === 'object' ? observer : { next: observer, error, complete },
        report,
      ),
    );
  heard.on = (type, handler) => on(type, calling(handler, undefined, report));
}

function guarded(observer: Observer, report: Report): Observer {
  const { next, error, complete } = observer;
  return {
    next: calling(next, observer, report),
    // An observer without an own one would have the error of the actor thrown, once more.
    error: calling(error, observer, report),
    complete: calling(complete, observer, report),
  };
}

function calling(callback: Heard | undefined, self: unknown, report: Report): Heard {
  return (...args) => {
    try {
      return callback?.apply(self, args);
    } catch (error) {
      report(error);
      return undefined;
    }
  };
}
