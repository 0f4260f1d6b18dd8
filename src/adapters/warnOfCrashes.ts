import type { Endpoint } from '../http/endpoint.ts';

/** Runtimes whose crashes are warned of: once, whatever the number of their doors. */
const warned = new WeakSet<Endpoint>();

/** A session that crashes while nobody listens must not do so in silence. */
export function warnOfCrashes(endpoint: Endpoint): void {
  if (warned.has(endpoint)) return;
  warned.add(endpoint);
  endpoint.services.events.on('session.crashed', ({ session, error }) => {
    if (endpoint.services.events.listeners('session.crashed') > 1) return;
    const what = error instanceof Error ? error.message : String(error);
    process.emitWarning(`session ${session} crashed: ${what}`, { type: 'SessionCrashed' });
  });
}
