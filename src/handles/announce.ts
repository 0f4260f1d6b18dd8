import type { Services } from '../events/services.ts';

/** What a limit of the actors of a kind is called in the options of the kind. */
const LIMITS: Readonly<Record<string, string>> = {
  maxSessions: 'max',
  maxSessionsPerPrincipal: 'maxPerPrincipal',
};

/** Announces what happens to the handles of a kind in the events of their runtime. */
export function announceHandles(of: Services, trunk: Services, kind: string): void {
  const { events } = trunk;
  of.events.on('session.ended', ({ session, reason, ageMs }) => {
    events.emit('handle.ended', { kind, handle: session, reason, ageMs });
  });
  of.events.on('session.kept', ({ session, ageMs }) => {
    events.emit('handle.kept', { kind, handle: session, ageMs });
  });
  of.events.on('session.crashed', ({ session, error }) => {
    events.emit('handle.failed', { kind, handle: session, error });
  });
  of.events.on('session.unstorable', ({ session }) => {
    events.emit('handle.unstorable', { kind, handle: session });
  });
  of.events.on('session.transition', ({ session, ...transition }) => {
    if (events.listeners('handle.transition') === 0) return;
    events.emit('handle.transition', { ...transition, kind, handle: session });
  });
  of.events.on('limit', ({ session, limit }) => {
    trunk.tripped(`${kind}.${LIMITS[limit] ?? limit}`, session);
  });
  of.events.on('session.orphan', (orphan) => {
    trunk.counters.orphans++;
    events.emit('session.orphan', orphan);
  });
  of.events.on('error.escaped', ({ session, error, why }) => trunk.escaped(error, why, session));
  of.events.on('store.failed', (failure) => events.emit('store.failed', failure));
  of.events.on('observer.failed', (failure) => events.emit('observer.failed', failure));
}
