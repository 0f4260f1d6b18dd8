import type { Clock } from '../../base/clock.ts';
import type { RuntimeEventName, RuntimeEvents } from '../../events/events.ts';
import type { RecordingLine } from './line.ts';

/** A source that can be recorded: a runtime, or a host of scopes. */
export interface Recordable {
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
}

/** Longest name recorded: a server gives its notifications any names it likes. */
const MAX_METHOD = 128;

/** Turns the events of a runtime or host into lines of a recording. @returns how to stop */
export function listen(
  source: Recordable,
  add: (line: RecordingLine) => void,
  { messages, clock }: { readonly messages: boolean; readonly clock: Pick<Clock, 'now'> },
): () => void {
  const now = (): number => clock.now();
  // Each member by name: a member that events get one day is not recorded by accident.
  const stops = [
    source.on('session.transition', ({ at, session, event, from, to, effects }) =>
      add({ type: 'transition', at, session, event, from, to, effects }),
    ),
    source.on('supervisor.transition', ({ at, event, from, to }) =>
      add({ type: 'supervisor', at, event, from, to }),
    ),
    source.on('session.started', ({ session, principal }) =>
      add({ type: 'started', at: now(), session, principal }),
    ),
    source.on('session.ended', ({ session, reason, ageMs }) =>
      add({ type: 'ended', at: now(), session, reason, ageMs }),
    ),
    source.on('session.crashed', ({ session, restarted, error }) =>
      add({ type: 'crashed', at: now(), session, restarted, error: nameOf(error) }),
    ),
    source.on('session.slept', ({ session }) => add({ type: 'slept', at: now(), session })),
    source.on('session.woken', ({ session, cause, epoch, ms }) =>
      add({ type: 'woken', at: now(), session, cause, epoch, ms }),
    ),
    source.on('session.pinned', ({ session, why }) =>
      add({ type: 'pinned', at: now(), session, why }),
    ),
    source.on('session.orphan', ({ session, what }) =>
      add({ type: 'orphan', at: now(), session, what }),
    ),
    source.on('limit', ({ session, limit }) => add({ type: 'limit', at: now(), session, limit })),
    source.on('store.failed', ({ session, doing, error }) =>
      add({ type: 'store', at: now(), session, doing, error: nameOf(error) }),
    ),
    source.on('deadletter', ({ at, session, direction, kind, method, reason }) =>
      add({
        type: 'deadletter',
        at,
        session,
        direction,
        kind,
        reason,
        ...(messages && { method: shortened(method) }),
      }),
    ),
  ];
  if (messages) {
    stops.push(
      source.on('message', ({ at, session, direction, kind, method, bytes }) =>
        add({
          type: 'message',
          at,
          session,
          direction,
          kind,
          method: shortened(method),
          bytes,
        }),
      ),
      source.on('question.expired', ({ session, method, cause }) =>
        add({ type: 'question', at: now(), session, method: shortened(method) ?? '', cause }),
      ),
    );
  }
  return () => {
    for (const stop of stops) stop();
  };
}

function shortened(method: string | undefined): string | undefined {
  return method?.slice(0, MAX_METHOD);
}

/** The class of a thrown value; its text may hold anything and is not recorded. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name.slice(0, MAX_METHOD) : typeof error;
}
