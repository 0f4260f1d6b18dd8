/**
 * What histories find in the sources as they are: said, and no failure. Each leaves this list with
 * its mend.
 */
export const OPEN: readonly RegExp[] = [
  // What an event store gives back is written without a bound.
  /^holds.*event store/,
  // Who awaits room in a stream that node does not count as full is never told.
  /waits for ever/,
];
