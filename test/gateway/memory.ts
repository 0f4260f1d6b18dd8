import { comesTrue } from '../support/processes.ts';

/** What is held outside and inside the heap, once what is not has been collected. */
function held(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Begins to measure. @returns whether no more than `bytes` more is held than now */
export function measure(): (bytes: number) => Promise<boolean> {
  const before = held();
  // Buffers are given back a while after they are collected.
  return (bytes) => comesTrue(() => held() - before < bytes, 5000);
}
