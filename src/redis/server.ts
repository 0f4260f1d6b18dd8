/** What `INFO` says of a server, by name. */
export type Facts = ReadonlyMap<string, string>;

export function factsOf(info: string): Facts {
  const lines = info.matchAll(/^([\w-]+):(.*?)\r?$/gm);
  return new Map(Array.from(lines, ([, name = '', value = '']) => [name, value]));
}

/** The oldest Redis that has scripts with flags. Valkey began behind it. */
export const OLDEST = 7;

/** Why a server can not keep sessions; `undefined` where it can, or does not say. */
export function unfitness(
  facts: Facts,
  { prefix, allowEviction }: { readonly prefix: string; readonly allowEviction: boolean },
): string | undefined {
  const version = facts.get('redis_version');
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST) {
    return `Redis ${version} is too old: 7.0 or later is needed`;
  }
  if (evicts(facts) && !allowEviction) {
    return `Redis may evict sessions: maxmemory-policy is ${facts.get('maxmemory_policy')}, and must be noeviction`;
  }
  return tagIsMissing(facts, prefix);
}

/**
 * Why a server can not keep a cluster; `undefined` where it can. Leases have an expiry, so no policy
 * that evicts will do; and whether it is the server of before must be known.
 */
export function unfitnessForCluster(facts: Facts, prefix: string): string | undefined {
  const policy = facts.get('maxmemory_policy');
  if (facts.get('run_id') === undefined) {
    return 'INFO is not permitted: the server does not say which one it is';
  }
  if (policy !== undefined && policy !== 'noeviction') {
    return `Redis may evict leases: maxmemory-policy is ${policy}, and must be noeviction`;
  }
  return unfitness(facts, { prefix, allowEviction: false });
}

/** Why a prefix does not do in a Redis Cluster. */
export function tagIsMissing(facts: Facts, prefix: string): string | undefined {
  if (facts.get('cluster_enabled') !== '1' || hasTag(prefix)) return undefined;
  return 'A Redis Cluster keeps a store in one slot: give a prefix with a hash tag, such as {mcpa}:';
}

/** Keys without an expiry may be evicted. The store's have none. */
export function evicts(facts: Facts): boolean {
  return facts.get('maxmemory_policy')?.startsWith('allkeys-') === true;
}

function hasTag(prefix: string): boolean {
  return /^[^{]*\{[^}]+\}/.test(prefix);
}
