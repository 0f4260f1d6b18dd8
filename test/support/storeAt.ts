import { openLmdbStore } from 'mcp-actors/lmdb';
import { redisStore } from 'mcp-actors/redis';
import type { SessionStore } from 'mcp-actors/store';

/** The store of a test's process: in a folder, or in the Redis of a URL. */
export function storeAt(place: string): SessionStore {
  return place.startsWith('redis:') ? redisStore({ url: place }) : openLmdbStore({ path: place });
}
