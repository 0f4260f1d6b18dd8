import { type CallEvent, type CallStep, nextCallStep } from '../../machines/call.ts';
import type { Services } from '../events/services.ts';
import type { ViewedCall } from './callView.ts';

/** Steps the machine of a call; a step that changes something is announced to whoever listens. */
export function stepOf(
  { innerId, home }: Pick<ViewedCall, 'innerId' | 'home'>,
  { snapshot, path: from }: CallStep,
  event: CallEvent,
  { clock, events }: Pick<Services, 'clock' | 'events'>,
): CallStep {
  const step = nextCallStep(snapshot, event);
  const isChange = step.snapshot !== snapshot || step.effects.length > 0;
  if (events.watchesCalls && isChange) {
    events.emit('call.transition', {
      at: clock.now(),
      session: home.session.key,
      call: Number(innerId),
      event: event.type,
      from,
      to: step.path,
    });
  }
  return step;
}
