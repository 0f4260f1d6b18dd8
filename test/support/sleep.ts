import type { FakeRuntime } from './fakeRuntime.ts';
import { turn } from './eventually.ts';

export const MINUTE = 60_000;

/** Lets every idle session fall asleep, and what it held go. */
export async function sleep(world: FakeRuntime, ms = 5 * MINUTE): Promise<void> {
  await world.quiet();
  await world.clock.elapse(ms);
  await turn();
}
