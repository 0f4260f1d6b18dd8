import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SessionStore } from '../../src/store/store.ts';

export interface StoreFolder {
  readonly path: string;
  /** Has a store closed when the test is over, before the folder goes. */
  readonly opened: <T extends SessionStore>(store: T) => T;
}

/** A folder that is gone after the test. */
export function storeFolder(): StoreFolder {
  const root = mkdtempSync(join(tmpdir(), 'mcp-actors-store-'));
  const stores: SessionStore[] = [];
  onTestFinished(async () => {
    await Promise.all(stores.map(async (store) => store.close()));
    rmSync(root, { recursive: true });
  });
  return {
    path: join(root, 'store'),
    opened: (store) => {
      stores.push(store);
      return store;
    },
  };
}
