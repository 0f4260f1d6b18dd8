import { ActorsError } from '../base/errors.ts';
import type { Endpoint } from './endpoint.ts';

const endpoints = new WeakMap<object, Endpoint>();

/** Registers the endpoint that serves the requests of a runtime. */
export function setEndpoint(runtime: object, endpoint: Endpoint): void {
  endpoints.set(runtime, endpoint);
}

/**
 * Gives an adapter the endpoint that serves the requests of a runtime.
 *
 * @throws ActorsError `bad-option` where `createRuntime` has not made the runtime
 */
export function endpointOf(runtime: object): Endpoint {
  const endpoint = endpoints.get(runtime);
  if (endpoint === undefined) throw new ActorsError('bad-option', 'not a runtime of createRuntime');
  return endpoint;
}
