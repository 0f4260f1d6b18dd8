import { DEFAULT_LIMITS, type Limits } from '../../src/base/limits.ts';
import { Services } from '../../src/events/services.ts';
import { VirtualClock } from './virtualClock.ts';

/** What the parts of a runtime share, for a part that is tested alone. */
export function servicesOf(limits: Partial<Limits> = {}): Services {
  const all = { ...DEFAULT_LIMITS, ...limits };
  return new Services({ clock: new VirtualClock(), limits: all, announceContent: false });
}
