import type { Attributes, Meter } from '@opentelemetry/api';
import type { EndReason } from '../../../machines/session.ts';
import type { RequestSettled } from '../../events/events.ts';
import type { Runtime } from '../../runtime.ts';
import { CAUSE, ERROR_TYPE, failureAttributes, REASON, requestAttributes } from './attributes.ts';
import { histogram, HISTOGRAMS } from './instruments.ts';

/** Reasons of an end that count as failures of the session, as the conventions want them marked. */
const FAILED: ReadonlySet<EndReason> = new Set(['crashed', 'handshake-timeout']);

/**
 * Records how long requests, sessions and wakes took.
 *
 * @param targetOf the tool or prompt of a request, where its name may be shown
 * @returns how to stop
 */
export function recordDurations(
  { on }: Pick<Runtime, 'on'>,
  meter: Meter,
  common: Attributes,
  targetOf: (event: RequestSettled) => string | undefined,
): () => void {
  const operation = histogram(meter, HISTOGRAMS.operation);
  const session = histogram(meter, HISTOGRAMS.session);
  const wake = histogram(meter, HISTOGRAMS.wake);
  const stops = [
    on('request.settled', (event) => {
      const own = requestAttributes(event, targetOf(event));
      operation.record(event.ms / 1000, { ...common, ...own, ...failureAttributes(event) });
    }),
    on('session.ended', ({ ageMs, reason }) => {
      const failure = FAILED.has(reason) ? { [ERROR_TYPE]: reason } : {};
      session.record(ageMs / 1000, { ...common, [REASON]: reason, ...failure });
    }),
    on('session.woken', ({ ms, cause }) => {
      wake.record(ms / 1000, { ...common, [CAUSE]: cause });
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
