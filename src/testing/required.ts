import type * as FastCheck from 'fast-check';
import { createRequire } from 'node:module';
import { setPeers } from './peers.ts';

/** The entry for `require`, which takes no module that awaits; vitest can only be imported. */
export * from './entry.ts';

setPeers({ vitest: undefined, fastCheck: fastCheckIfAny() });

function fastCheckIfAny(): typeof FastCheck | undefined {
  try {
    return createRequire(import.meta.url)('fast-check') as typeof FastCheck;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
