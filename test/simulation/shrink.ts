import type { History } from './history.ts';

/**
 * Drops steps of a history that fails, by halves and then one by one, for as long as it fails.
 *
 * @param fails plays a history
 * @returns the steps that are left
 */
export async function shrink(
  { keep, until, ...history }: History,
  fails: (history: History) => Promise<boolean>,
): Promise<readonly number[]> {
  const length = until ?? history.steps;
  let left: readonly number[] = keep ?? Array.from({ length }, (_, i) => i);
  for (let size = Math.ceil(left.length / 2); ; size = Math.ceil(size / 2)) {
    for (let at = 0; at < left.length;) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)];
      if (await fails({ ...history, keep: fewer })) left = fewer;
      else at += size;
    }
    if (size === 1) return left;
  }
}
