import type { SimClock } from './simClock.ts';
import { Random } from './random.ts';

let clock: SimClock | undefined;
let random = new Random(0);

/**
 * Takes time and chance away from all code of this process: what the SDK and the library ask of the
 * host is answered by the history that is played. For processes that do nothing else.
 */
export function simulateHost(): void {
  const host = globalThis as { setTimeout: unknown; clearTimeout: unknown };
  host.setTimeout = (callback: () => void, ms = 0): unknown =>
    clock?.setTimeout(callback, ms, 'code');
  host.clearTimeout = (timer: unknown): void => clock?.clearTimeout(timer);
  crypto.getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
    // Views of the typed arrays that the library fills.
    const view = array as unknown as Uint8Array | Uint32Array;
    const most = view.BYTES_PER_ELEMENT === 1 ? 256 : 2 ** 32;
    for (let i = 0; i < view.length; i++) view[i] = Math.floor(random.next() * most);
    return array;
  };
}

/** From here on, the host's time is a process's. */
export function hostTime(of: SimClock): void {
  clock = of;
}

/** From here on, the host's chance is a history's. */
export function hostChance(seed: number): void {
  random = new Random(seed);
}
