/** Goes on when something is there, in a turn of its own. */
export async function after<T>(promise: Promise<T>, go: (value: T) => void): Promise<void> {
  go(await promise);
}
