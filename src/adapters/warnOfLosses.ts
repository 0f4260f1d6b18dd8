import type { Unstorable } from '../events/events.ts';
import type { Endpoint } from '../http/endpoint.ts';

/** Most locals that are warned of one by one: a program that makes them anew has no end of them. */
const MAX_WARNINGS = 32;

/** What each runtime has warned of. */
const warnings = new WeakMap<Endpoint, Set<string>>();

/**
 * Warns of what a durable store can not keep: once for the state, once for each session local,
 * whoever else listens. None of it may be lost in silence.
 */
export function warnOfLosses(endpoint: Endpoint): void {
  if (warnings.has(endpoint)) return;
  const warned = new Set<string>();
  warnings.set(endpoint, warned);
  endpoint.services.events.on('session.unstorable', ({ what, local }) => {
    const text = TEXTS[what](local ?? 'an unknown place');
    if (warned.has(text) || warned.size === MAX_WARNINGS) return;
    warned.add(text);
    process.emitWarning(text, { type: 'SessionUnstorable' });
  });
}

type Told = (local: string) => string;

const TEXTS: Readonly<Record<Unstorable, Told>> = {
  state: () =>
    'session.state is not plain data: the store keeps nothing of such a session, which ends with this process. The options state.encode and state.decode make plain data of it.',
  nameless: (place) =>
    `The sessionLocal made at ${place} has no name: the store keeps sessions without its value, which is lost with this process. It is kept as sessionLocal(init, { name }).`,
  local: (name) =>
    `The value of the sessionLocal ${JSON.stringify(name)} is not plain data: the store keeps sessions without it, and it is lost with this process. What can not be plain data is for session.own.`,
};
