import { ActorsError } from './errors.ts';

type Listener = (...details: unknown[]) => void;

/** Whatever listeners can be added to: an emitter of Node, an `EventTarget`. */
interface Emitter {
  readonly on?: (this: object, event: string, listener: Listener) => unknown;
  readonly addEventListener?: (this: object, event: string, listener: Listener) => unknown;
}

/** Listens to the errors of a resource: an emitter without such a listener ends the process. */
export function hearErrors(resource: object, listener: (error: unknown) => void): void {
  const { on } = resource as Emitter;
  if (typeof on === 'function') hear(resource, 'error', listener);
}

/** @returns `false` where the resource has no events, or none of this name */
function hear(resource: object, event: string, listener: Listener): boolean {
  const { on, addEventListener } = resource as Emitter;
  try {
    if (typeof on === 'function') on.call(resource, event, listener);
    else addEventListener?.call(resource, event, listener);
    return typeof on === 'function' || typeof addEventListener === 'function';
  } catch {
    return false;
  }
}

/**
 * Hears that a resource ended by itself.
 *
 * @param ended the event or the promise that says so; the event `exit` where nothing is given
 * @throws ActorsError `bad-option` where a named event can not be listened to
 */
export function watchEnd(
  resource: object,
  ended: string | PromiseLike<unknown> | undefined,
  onEnd: (error: unknown) => void,
): void {
  if (typeof ended === 'object') {
    const isOver = (): void => onEnd(new ActorsError('resource-ended', 'an owned resource ended'));
    Promise.resolve(ended).then(isOver, onEnd).catch(onEnd);
  } else {
    const event = ended ?? 'exit';
    const told = (code: unknown): void => {
      const text = typeof code === 'number' ? `: ${event}, code ${code}` : `: ${event}`;
      onEnd(new ActorsError('resource-ended', `an owned resource ended${text}`));
    };
    if (!hear(resource, event, told) && ended !== undefined) {
      throw new ActorsError('bad-option', 'ended must be a promise, or an event of the resource');
    }
  }
}
