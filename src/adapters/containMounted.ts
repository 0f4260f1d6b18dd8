import type { NamesOf } from '../base/optionNames.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { containCrashes } from './containCrashes.ts';
import { nodeLoopMonitor } from './nodeLoopMonitor.ts';
import type { Contained } from './strayErrors.ts';

/** What a door of a runtime does about errors that escape the code of its sessions. */
export interface MountOptions {
  /**
   * Errors that crash the session they escaped from, and not the process: what nobody awaits, with
   * `'all'` also what throws in timers and callbacks. `false` leaves both to node. @default
   * 'rejections'
   */
  readonly contain?: Contained | false;
}

/** What {@link MountOptions} knows. */
export const MOUNT_NAMES: NamesOf<MountOptions> = { contain: true };

/** What is contained for each runtime, until it is closed. */
const contained = new WeakMap<Endpoint, Set<Contained>>();

/**
 * Contains crashes for as long as the runtime is open, however many doors it has, and has the delay
 * of the event loop measured.
 */
export function containMounted(endpoint: Endpoint, { contain = 'rejections' }: MountOptions): void {
  endpoint.services.loop.watch(nodeLoopMonitor);
  if (contain === false) return;
  const already = contained.get(endpoint) ?? new Set();
  contained.set(endpoint, already);
  if (already.has(contain)) return;
  const stop = containCrashes({ contain });
  already.add(contain);
  endpoint.services.events.on('supervisor.transition', ({ to }) => {
    if (to === 'closed') stop();
  });
}
