import { DEFAULT_LIMITS, type Limits } from '../../src/base/limits.ts';
import { Services } from '../../src/events/services.ts';
import { VirtualClock } from './virtualClock.ts';

/** What the parts of a runtime share, for a part that is tested alone. */
export function servicesOf(limits: Partial<Limits> = {}, random = (): number => 0): Services {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const clock = new VirtualClock();
  return new Services({ clock, limits: all, announceContent: false, random });
}
