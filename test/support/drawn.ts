/**
 * What each draw of lots comes to: a newcomer among strangers gets the place of one of them.
 *
 * @returns the `random` of a runtime whose test does not leave to chance who is refused
 */
export function drawn(): number {
  return 0.5;
}

/** @returns the `random` of a runtime whose draws differ, and come in the same order in each run */
export function drawnInTurn(): () => number {
  let last = 0;
  return () => (last = (last + 0.381_966) % 1);
}
