import { check } from '../../base/check.ts';
import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { makeCluster } from '../../cluster/makeCluster.ts';
import { DirectLink, type DirectOptions } from '../../cluster/direct/directLink.ts';
import { CLUSTER_NAMES, type ClusterOptions, settleCluster } from '../../cluster/options.ts';
import type { Cluster } from '../../cluster/index.ts';
import {
  checkAddress,
  checkPrefix,
  REDIS_ADDRESS_NAMES,
  REDIS_DEFAULTS,
  type RedisAddress,
} from '../options.ts';
import { redisEngine } from './redisEngine.ts';
import { RedisLink } from './redisLink.ts';

/** How several processes have one set of sessions by a Redis: the options of `redisCluster`. */
export interface RedisClusterOptions extends RedisAddress, ClusterOptions {
  /**
   * What each key and channel of the cluster begins with: no other cluster, and no `redisStore`, has the
   * same. In a Redis Cluster the prefix needs a hash tag, as `{mcpc}:` has one. @default 'mcpc:'
   */
  readonly prefix?: string;
  /** How long one operation may take, reconnections included, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
  /**
   * Opens a port for the other processes, which then say to this one directly what they would say by
   * Redis: for large answers, and many forwarded requests. Where it can not be dialled, Redis is the way.
   * Needs the package `ws`. @default all goes by Redis
   */
  readonly direct?: DirectOptions;
}

/** What {@link RedisClusterOptions} knows. */
const NAMES: NamesOf<RedisClusterOptions> = {
  ...CLUSTER_NAMES,
  ...REDIS_ADDRESS_NAMES,
  prefix: true,
  timeoutMs: true,
  direct: true,
};

const DIRECT: NamesOf<DirectOptions> = { port: true, host: true, address: true };

/**
 * Makes a process one of several with one set of sessions: hand the cluster to
 * `createRuntime({ cluster })`, in each process with the same options. Redis 7 or later, or Valkey, keeps
 * the sessions, says whose each is, and carries what the processes say to each other; it needs
 * `maxmemory-policy noeviction`. Needs the package `ioredis`.
 *
 * Nothing is connected before the runtime is made.
 *
 * @throws ActorsError `bad-option`
 */
export function redisCluster(options: RedisClusterOptions): Cluster {
  checkNames('redisCluster', options, NAMES);
  const {
    url,
    client,
    prefix = 'mcpc:',
    timeoutMs = REDIS_DEFAULTS.timeoutMs,
    direct,
    ...others
  } = options;
  const address = { ...(url !== undefined && { url }), ...(client !== undefined && { client }) };
  checkAddress(address);
  checkPrefix(prefix);
  check('timeoutMs', 'a finite number > 0', timeoutMs, (v) => Number.isFinite(v) && Number(v) > 0);
  if (direct !== undefined) checkDirect(direct);
  const settings = settleCluster(others);
  const { secrets } = settings;
  return makeCluster(settings, prefix, ({ services }, boot) => {
    const engine = redisEngine({ ...address, prefix, timeoutMs });
    const link = new RedisLink({ ...address, prefix, timeoutMs });
    if (direct === undefined) return { engine, link };
    const { clock } = services;
    const way = { direct, boot, secrets, clock, cluster: prefix, fallback: link };
    const members = (): ReturnType<typeof engine.members> => engine.members();
    return { engine, link: new DirectLink({ ...way, members }), address: direct.address };
  });
}

/** @throws ActorsError `bad-option` */
function checkDirect(direct: DirectOptions): void {
  checkNames('direct', direct, DIRECT);
  const { port, address } = direct;
  check('direct.port', 'a port', port, (v) => Number.isInteger(v) && Number(v) >= 0);
  check('direct.address', 'ws://… or wss://…', address, (v) => {
    return typeof v === 'string' && URL.canParse(v) && /^wss?:$/.test(new URL(v).protocol);
  });
}
