import { ActorsError } from '../base/errors.ts';

/** Why a handle can not be used or made. */
export type HandleErrorCode =
  | 'handle-gone'
  | 'handle-busy'
  | 'handle-limit'
  | 'handle-failed'
  | 'handle-elsewhere';

/**
 * What a tool throws whose handle can not be used. The text is for the model: it says what to do and
 * repeats nothing that came.
 */
export class HandleError extends ActorsError {
  declare readonly code: HandleErrorCode;
}

/** What a store says of itself is nothing for a tool's client. */
export function storeFailed(cause: unknown): ActorsError {
  return new ActorsError('store-unavailable', 'the session store failed', { cause });
}

/** How people and tools call the handles of a kind. */
export interface KindName {
  readonly name: string;
  readonly plural: string;
}

/** One text for whatever is not there, so that nobody learns whether it ever was. */
export function gone({ name, plural }: KindName): HandleError {
  const text = `There is no such ${name}: it expired, was ended, or never was yours. create_${name} makes a new one, list_${plural} lists yours.`;
  return new HandleError('handle-gone', text);
}

export function busy({ name }: KindName): HandleError {
  const text = `This ${name} is busy: wait for the calls in progress, then try again.`;
  return new HandleError('handle-busy', text);
}

export function restarting(): HandleError {
  return new HandleError('handle-busy', 'The server is restarting: try again in a moment.');
}

/** @param node the process that has what can not leave it */
export function elsewhere({ name }: KindName, node: string): HandleError {
  const text = `This ${name} is open in another process of the server (${node}), and can not be used from this one.`;
  return new HandleError('handle-elsewhere', text);
}

/** Another process has the handle, since this one was not heard for a while. */
export function moved({ name }: KindName): HandleError {
  return new HandleError('handle-busy', `This ${name} is at another process by now: try again.`);
}

/** @param most how many the caller may have; without it, all callers together have too many */
export function limited({ name, plural }: KindName, most?: number): HandleError {
  const text =
    most === undefined
      ? `Too many ${plural} are open: try again later.`
      : `You have ${most} ${plural} open, the most: end one with destroy_${name}.`;
  return new HandleError('handle-limit', text);
}

export function tooLong({ name }: KindName, maxBytes: number): HandleError {
  const text = `What create_${name} was given is too long: a ${name} takes ${maxBytes} bytes at most.`;
  return new HandleError('handle-limit', text);
}

export function failed({ name }: KindName, cause: unknown): HandleError {
  return new HandleError('handle-failed', `The ${name} could not be opened.`, { cause });
}
