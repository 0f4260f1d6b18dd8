/** Goes on when something is stored, in a turn of its own. */
export async function after(stored: Promise<void>, go: () => void): Promise<void> {
  await stored;
  go();
}
