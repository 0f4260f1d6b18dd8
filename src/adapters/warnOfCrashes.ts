import type { Endpoint } from '../http/endpoint.ts';

/** Endpoints whose crashes are warned of: once, whatever the number of their adapters. */
const warned = new WeakSet<Endpoint>();

/** Warns of a crash that no listener of the program hears of: no crash may pass in silence. */
export function warnOfCrashes(endpoint: Endpoint): void {
  if (warned.has(endpoint)) return;
  warned.add(endpoint);
  endpoint.services.events.on('session.crashed', ({ session, error }) => {
    if (endpoint.services.events.listeners('session.crashed') > 1) return;
    const what = error instanceof Error ? error.message : String(error);
    process.emitWarning(`session ${session} crashed: ${what}`, { type: 'SessionCrashed' });
  });
}
