import { redisStore, type RedisStore, type RedisStoreOptions } from 'mcp-actors/redis';
import { onTestFinished } from 'vitest';
import type { SessionRecord } from '../../../src/store/record.ts';
import type { StoreChange } from '../../../src/store/store.ts';
import { sessionRecord } from '../../support/sessionRecord.ts';

/** A store that is closed with its test, and what it has told of itself. */
export interface Watched {
  readonly store: RedisStore;
  readonly failures: { readonly code?: string; readonly message: string }[];
  /** How often it has said that something of it is gone. */
  forgot: number;
}

export function watched(url: string, options: Partial<RedisStoreOptions> = {}): Watched {
  const store = redisStore({ url, timeoutMs: 2000, leaseMs: 1000, ...options });
  const told: Watched = { store, failures: [], forgot: 0 };
  store.observe?.({
    failed: (error) => void told.failures.push(error as Error),
    forgot: () => void told.forgot++,
  });
  onTestFinished(() => store.close());
  return told;
}

export function put(id: string, over: Partial<SessionRecord> = {}): StoreChange {
  return { type: 'put', record: sessionRecord({ id, ...over }) };
}

export function row(id: string, n: number): StoreChange {
  return { type: 'row', id, n, row: `row ${n}` };
}

export function erase(id: string, n: number): StoreChange {
  return { type: 'row', id, n, row: undefined };
}
