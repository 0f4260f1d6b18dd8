import type { Clock } from '../../clock.ts';
import type { RuntimeEventName, RuntimeEvents } from '../../events.ts';
import { watchPassed } from '../../gateway/passed.ts';
import type { Line } from './lines.ts';

/** The longest name of a method that is kept; what a client sends as one may be of any length. */
const MAX_METHOD = 80;

/** What can be listened to: a runtime, or a host. */
export interface Announcer {
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
}

/** Tells everything that happens as lines of a recording. @returns how to stop */
export function listen(runtime: Announcer, clock: Clock, tell: (line: Line) => void): () => void {
  const now = (): number => clock.now();
  const stops = [
    runtime.on('session.started', ({ session, principal }) => {
      tell({ type: 'started', at: now(), session, principal });
    }),
    runtime.on('session.transition', (transition) => tell({ type: 'transition', ...transition })),
    runtime.on('message', (message) => {
      tell({ type: 'message', ...message, method: short(message.method) });
    }),
    runtime.on('deadletter', (letter) => {
      tell({ type: 'deadletter', ...letter, method: short(letter.method) });
    }),
    runtime.on('session.slept', ({ session }) => tell({ type: 'slept', at: now(), session })),
    runtime.on('session.woken', ({ session, cause, epoch }) => {
      tell({ type: 'woken', at: now(), session, cause, epoch });
    }),
    runtime.on('session.pinned', ({ session, why }) => {
      tell({ type: 'pinned', at: now(), session, why });
    }),
    runtime.on('session.crashed', ({ session, error, restarted }) => {
      const name = error instanceof Error ? error.name : typeof error;
      tell({ type: 'crashed', at: now(), session, error: name, restarted });
    }),
    runtime.on('limit', ({ session, limit }) => tell({ type: 'limit', at: now(), session, limit })),
    runtime.on('session.ended', ({ session, reason, ageMs }) => {
      tell({ type: 'ended', at: now(), session, reason, ageMs });
    }),
    runtime.on('supervisor.transition', (transition) =>
      tell({ type: 'supervisor', ...transition }),
    ),
    // Gateways of other runtimes are heard as well: whoever is told knows the sessions.
    watchPassed((passed) => {
      tell({ type: 'upstream', ...passed, at: now(), method: short(passed.method) });
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** A copy: a mere slice would keep the whole text. */
function short(method: string | undefined): string | undefined {
  if (method === undefined || method.length <= MAX_METHOD) return method;
  return `${Array.from(method.slice(0, MAX_METHOD)).join('')}…`;
}
