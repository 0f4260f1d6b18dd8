/**
 * Does work that goes on in turns of the event loop.
 *
 * @returns how long it took, and the longest the loop did not come round
 */
export async function watched(work: () => Promise<void>): Promise<{ ms: number; blockMs: number }> {
  const began = performance.now();
  let last = began;
  let blockMs = 0;
  let isOver = false;
  const look = (): void => {
    const now = performance.now();
    blockMs = Math.max(blockMs, now - last);
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isOver = true;
  look();
  return { ms: performance.now() - began, blockMs };
}
