import type { ClockShift } from '../events/events.ts';
import type { Endpoint } from '../http/endpoint.ts';

const warned = new WeakSet<Endpoint>();

/** Warns, once, of a clock that a durable store does not believe. */
export function warnOfClock(endpoint: Endpoint): void {
  if (warned.has(endpoint)) return;
  warned.add(endpoint);
  const { clockShift, events } = endpoint.services;
  if (clockShift !== undefined) warn(clockShift);
  // The store may not have been asked yet.
  events.on('clock.shifted', warn);
}

function warn({ seen, now, byMs }: ClockShift): void {
  const [last, start] = [seen, now].map((at) => new Date(at).toISOString());
  const how = byMs > 0 ? 'later' : 'earlier';
  process.emitWarning(
    `The session store was last open at ${last}, and it is ${start} now: nobody had it open, or a clock was wrong. Its sessions keep the time they had left, and end ${Math.round(Math.abs(byMs) / 1000)} s ${how}.`,
    { type: 'ClockShifted' },
  );
}
