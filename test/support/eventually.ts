/** Waits, turn by turn of the event loop, until something holds; the test's own timeout ends it. */
export async function eventually(test: () => boolean): Promise<void> {
  while (!test()) await turn();
}

/** Lets everything that is ready run once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
