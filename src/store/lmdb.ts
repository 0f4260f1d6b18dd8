import { checkLmdbOptions, type LmdbStoreOptions } from './lmdb/options.ts';
import { LmdbStore } from './lmdb/lmdbStore.ts';
import type { SessionStore } from './store.ts';

export { LMDB_DEFAULTS, type LmdbStoreOptions } from './lmdb/options.ts';
export type { Migrate } from './codec/recordCodec.ts';

/**
 * Keeps sessions in a folder on this machine, so that they outlive the process: hand the store to
 * `createRuntime({ store })`, which closes it.
 *
 * Needs the package `lmdb`. What a write stored is on the disk when the write returns; a process or
 * a machine that dies in the middle of a write leaves all of it or none.
 *
 * @throws ActorsError `bad-option`; `store-locked` when another process has the folder open;
 * `store-unavailable` when it can not be used, or a newer release wrote to it
 */
export function openLmdbStore(options: LmdbStoreOptions): SessionStore {
  return new LmdbStore(checkLmdbOptions(options));
}
