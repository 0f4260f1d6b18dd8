import { ActorsError } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import type { SessionStore } from 'mcp-actors/store';
import { fail } from './fail.ts';

/** Opens the folder that sessions outlive this process in. */
export function openStore(path: string): SessionStore {
  try {
    return openLmdbStore({ path });
  } catch (error) {
    if (!(error instanceof ActorsError)) throw error;
    const { message } = error.cause instanceof Error ? error.cause : error;
    return fail(`Sessions can not be kept in ${path}: ${message}.`);
  }
}
