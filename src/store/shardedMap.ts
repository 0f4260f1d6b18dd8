const SHARDS = 256;
/** Characters of a name that are hashed: the last ones of a longer name. */
const LOOKS = 32;

/**
 * A map by name that may grow to millions without a long pause. A `Map` of a million names that
 * needs more room moves all of them at once, which takes a third of a second; here only one part in
 * 256 is moved.
 */
export class ShardedMap<V> {
  readonly #shards: (Map<string, V> | undefined)[] = Array.from({ length: SHARDS });
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(name: string): V | undefined {
    return this.#shards[shardOf(name)]?.get(name);
  }

  set(name: string, value: V): void {
    const shard = (this.#shards[shardOf(name)] ??= new Map());
    const before = shard.size;
    shard.set(name, value);
    this.#size += shard.size - before;
  }

  delete(name: string): void {
    const at = shardOf(name);
    const shard = this.#shards[at];
    if (shard?.delete(name) !== true) return;
    this.#size--;
    // A map that was emptied keeps its room.
    if (shard.size === 0) this.#shards[at] = undefined;
  }

  clear(): void {
    this.#shards.fill(undefined);
    this.#size = 0;
  }
}

/** The shard of a name. Names chosen to meet in one shard make it a plain map, and no worse. */
function shardOf(name: string): number {
  let hash = 0;
  for (let i = Math.max(name.length - LOOKS, 0); i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return (hash ^ (hash >>> 16)) & (SHARDS - 1);
}
