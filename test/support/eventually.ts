import { setTimeout as passed } from 'node:timers/promises';

/** Turns in which nothing happens that is not ready: what takes longer waits for something outside. */
const PATIENCE = 50;

/** Waits, turn by turn of the event loop, until something holds; the test's own timeout ends it. */
export async function eventually(test: () => boolean): Promise<void> {
  for (let turns = 0; !test(); turns++) await waited(turns);
}

/** Lets everything that is ready run once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Lets everything that is ready run; after some turns, other processes too: a test that waits for one
 * leaves it the core.
 *
 * @param turns how many turns the test has waited already
 */
export function waited(turns: number): Promise<void> {
  return turns < PATIENCE ? turn() : passed(2);
}
