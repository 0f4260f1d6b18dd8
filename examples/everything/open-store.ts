import { resolve as absolute } from 'node:path';
import { ActorsError } from 'mcp-actors';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { redisStore } from 'mcp-actors/redis';
import type { SessionStore } from 'mcp-actors/store';
import { fail } from './fail.ts';

/** Opens the folder, or the Redis, that sessions outlive this process in. */
export async function openStore(data: string): Promise<SessionStore> {
  try {
    if (!isRedis(data)) return openLmdbStore({ path: data });
    const store = redisStore({ url: data });
    await store.ready();
    return store;
  } catch (error) {
    if (!(error instanceof ActorsError)) throw error;
    const { message } = error.cause instanceof Error ? error.cause : error;
    return fail(`Sessions can not be kept in ${placeOf(data)}: ${message}.`);
  }
}

/** Where sessions are kept, for people: without a password. */
export function placeOf(data: string): string {
  return isRedis(data) && URL.canParse(data) ? `Redis at ${new URL(data).host}` : absolute(data);
}

function isRedis(data: string): boolean {
  return /^rediss?:/.test(data);
}
