import type { Endpoint } from '../http/endpoint.ts';

/** Endpoints whose crashes are warned of: once, whatever the number of their adapters. */
const warned = new WeakSet<Endpoint>();

/** Warns of a stray error that no listener of the program hears of: none may pass in silence. */
export function warnOfCrashes(endpoint: Endpoint): void {
  if (warned.has(endpoint)) return;
  warned.add(endpoint);
  const { events } = endpoint.services;
  events.on('session.crashed', ({ session, error }) => {
    if (events.listeners('session.crashed') > 1) return;
    warn('SessionCrashed', `session ${session} crashed`, error);
  });
  events.on('error.escaped', ({ session = 'no session', error, why }) => {
    // The end of the process is reported by itself.
    if (why === 'uncaught' || events.listeners('error.escaped') > 1) return;
    const whose =
      why === 'defect' ? 'mcp-actors' : `session ${session}, which has nothing in flight`;
    warn('ErrorEscaped', `an error escaped from ${whose}`, error);
  });
}

function warn(type: string, what: string, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  process.emitWarning(`${what}: ${text}`, { type });
}
