import { setImmediate as turn } from 'node:timers/promises';

export interface Memory {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** What is in use when everything that can be collected is. */
export async function memory(): Promise<Memory> {
  if (!globalThis.gc) throw new Error('The child needs --expose-gc');
  // Several passes with turns between them: finalizers and weak callbacks free more each time.
  for (let pass = 0; pass < 6; pass++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}
