import { type CallEvent, type CallStep, nextCallStep } from '../../machines/call.ts';
import type { Services } from '../events/services.ts';
import type { ViewedCall } from './callView.ts';

/** Steps the machine of a call, and announces the step where somebody listens. */
export function stepOf(
  { innerId, home }: Pick<ViewedCall, 'innerId' | 'home'>,
  { snapshot, path: from }: CallStep,
  event: CallEvent,
  { clock, events }: Pick<Services, 'clock' | 'events'>,
): CallStep {
  const step = nextCallStep(snapshot, event);
  if (events.watchesCalls) {
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
