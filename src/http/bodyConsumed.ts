import { ActorsError } from '../base/errors.ts';

/** Makes the error of a body that other code of the host has read and not handed on. */
export function bodyConsumed(): ActorsError {
  return new ActorsError(
    'body-consumed',
    'other code has read the body: hand on what it made of it as parsedBody, or mount before it',
  );
}
