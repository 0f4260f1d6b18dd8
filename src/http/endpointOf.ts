import { ActorsError } from '../base/errors.ts';
import type { Endpoint } from './endpoint.ts';

const endpoints = new WeakMap<object, Endpoint>();

/** Notes where the requests of a runtime go. */
export function setEndpoint(runtime: object, endpoint: Endpoint): void {
  endpoints.set(runtime, endpoint);
}

/**
 * For adapters: where the requests of a runtime go.
 *
 * @throws ActorsError `bad-option` for what `createRuntime` has not made
 */
export function endpointOf(runtime: object): Endpoint {
  const endpoint = endpoints.get(runtime);
  if (endpoint === undefined) throw new ActorsError('bad-option', 'not a runtime of createRuntime');
  return endpoint;
}
