import type { Endpoint } from '../http/endpoint.ts';

/** Endpoints whose refusals are warned of, with the names that were told: each is told once. */
const told = new WeakMap<Endpoint, Set<string>>();

/** Strangers can make up any number of names. */
const MAX_NAMES = 8;

/** What a name may be made of to be shown: the rest could write into a log what is not so. */
const SHOWN = /^[\w.:[\]/-]{1,255}$/;

/**
 * Warns of a host or origin that is refused, with the option that lets it in, where no listener of
 * the program hears of it: the client learns nothing, and the operator would have to guess.
 */
export function warnOfStrangers(endpoint: Endpoint): void {
  if (told.has(endpoint)) return;
  const names = new Set<string>();
  told.set(endpoint, names);
  const { events } = endpoint.services;
  events.on('caller.foreign', ({ option, name }) => {
    if (events.listeners('caller.foreign') > 1) return;
    const shown = SHOWN.test(name) ? name : 'that is no name';
    const text = `a request ${option === 'allowedHosts' ? 'for host' : 'from origin'} ${shown} was refused: ${option} does not have it`;
    if (names.has(text) || names.size >= MAX_NAMES) return;
    names.add(text);
    process.emitWarning(text, { type: 'CallerForeign' });
  });
}
