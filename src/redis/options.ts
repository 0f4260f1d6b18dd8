import { check } from '../base/check.ts';
import { ActorsError } from '../base/errors.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { Migrate } from '../store/codec/recordCodec.ts';

/**
 * A client of `ioredis`, a `Cluster` included. It is copied: the copy has the address, the login, TLS
 * and Sentinel of the original, and is closed with its store. The original stays as it is.
 */
export interface RedisClient {
  readonly isCluster: boolean;
  duplicate(): object;
}

/** Where a Redis is. */
export interface RedisAddress {
  /** `redis://[[user]:password@]host[:port][/db]`, `rediss://` for TLS, or the path of a socket. */
  readonly url?: string;
  /** A client of `ioredis` in the place of `url`: for Sentinel, a Redis Cluster, certificates. */
  readonly client?: RedisClient;
}

/** How sessions are kept in Redis: the options of `redisStore`. */
export interface RedisStoreOptions extends RedisAddress {
  /**
   * What each key of the store begins with. One store has one prefix. In a Redis Cluster the prefix
   * needs a hash tag, as `{mcpa}:` has one: a store lives in one slot.
   * @default 'mcpa:'
   */
  readonly prefix?: string;
  /**
   * Seals what is stored with AES-256-GCM: 32 characters or more. Of several, the first seals, all
   * open. A store is sealed from its beginning, or not at all.
   */
  readonly secret?: string | readonly string[];
  /** How long one operation may take, reconnections included; then it is `store-unavailable`. @default 5000 */
  readonly timeoutMs?: number;
  /** How long a process that was killed keeps the next one from the store, at most. @default 5000 */
  readonly leaseMs?: number;
  /**
   * Most bytes of one stored record: the state, the handshake, locals and what `onSleep` returned.
   * A larger record is refused with `state-too-large`.
   * @default 2 MiB
   */
  readonly maxRecordBytes?: number;
  /** Most bytes that wait for Redis; a write beyond is `store-unavailable`. @default 64 MiB */
  readonly maxWaitingBytes?: number;
  /**
   * Most bytes of writes of the last ten seconds that are remembered, so that they can be written
   * again where Redis comes back without them: a failover loses what no replica had.
   * @default 16 MiB
   */
  readonly maxRememberedBytes?: number;
  /** Most unreadable records and rows kept aside; the oldest are dropped first. @default 100 */
  readonly maxAside?: number;
  /** Uses a Redis that may evict any key. Sessions are then lost without a word. @default false */
  readonly allowEviction?: boolean;
  /**
   * Makes a record of an older format one of the present format. Without it, or when it throws,
   * the record counts as corrupt. Releases that read older formats by themselves do not need it.
   */
  readonly migrate?: Migrate;
}

/** What {@link RedisAddress} knows. */
export const REDIS_ADDRESS_NAMES: NamesOf<RedisAddress> = { url: true, client: true };

/** What {@link RedisStoreOptions} knows. */
const REDIS_STORE_NAMES: NamesOf<RedisStoreOptions> = {
  ...REDIS_ADDRESS_NAMES,
  prefix: true,
  secret: true,
  timeoutMs: true,
  leaseMs: true,
  maxRecordBytes: true,
  maxWaitingBytes: true,
  maxRememberedBytes: true,
  maxAside: true,
  allowEviction: true,
  migrate: true,
};

export const REDIS_DEFAULTS = {
  prefix: 'mcpa:',
  timeoutMs: 5000,
  leaseMs: 5000,
  maxRecordBytes: 2 * 2 ** 20,
  maxWaitingBytes: 64 * 2 ** 20,
  maxRememberedBytes: 16 * 2 ** 20,
  maxAside: 100,
  allowEviction: false,
} as const;

/** Characters of the shortest secret. */
const MIN_SECRET = 32;

export type CheckedOptions = Required<
  Omit<RedisStoreOptions, keyof RedisAddress | 'migrate' | 'secret'>
> &
  RedisAddress &
  Pick<RedisStoreOptions, 'migrate'> & { readonly secrets: readonly string[] };

/** @throws ActorsError `bad-option` */
export function checkRedisOptions(options: RedisStoreOptions): CheckedOptions {
  checkNames('redisStore', options, REDIS_STORE_NAMES);
  checkAddress(options);
  const { secret = [], ...others } = options;
  const checked = { ...REDIS_DEFAULTS, ...others };
  checkPrefix(checked.prefix);
  for (const name of ['timeoutMs', 'leaseMs'] as const) {
    check(name, 'a finite number > 0', checked[name], (v) => Number.isFinite(v) && Number(v) > 0);
  }
  for (const name of ['maxRecordBytes', 'maxWaitingBytes', 'maxAside'] as const) {
    check(name, 'an integer > 0', checked[name], (v) => Number.isSafeInteger(v) && Number(v) > 0);
  }
  const { maxRememberedBytes, allowEviction, migrate } = checked;
  check('maxRememberedBytes', 'an integer >= 0', maxRememberedBytes, (v) => {
    return Number.isSafeInteger(v) && Number(v) >= 0;
  });
  check('allowEviction', 'true or false', allowEviction, (v) => typeof v === 'boolean');
  check('migrate', 'a function', migrate, (v) => v === undefined || typeof v === 'function');
  return { ...checked, secrets: secretsOf(secret) };
}

/** @throws ActorsError `bad-option` */
export function checkAddress({ url, client }: RedisAddress): void {
  if ((url === undefined) === (client === undefined)) {
    throw new ActorsError('bad-option', 'one of url and client must be given, and not both');
  }
  // The value may hold a password: it is not told.
  if (url !== undefined && !isAddress(url)) {
    throw new ActorsError('bad-option', 'url must begin with redis://, rediss:// or /');
  }
  check('client', 'a client of ioredis', client, (v) => {
    return v === undefined || typeof client?.duplicate === 'function';
  });
}

/** @throws ActorsError `bad-option` */
export function checkPrefix(prefix: unknown): void {
  check('prefix', '1 to 64 visible ASCII characters', prefix, (v) => {
    return typeof v === 'string' && /^[!-~]{1,64}$/.test(v);
  });
}

function isAddress(url: unknown): boolean {
  if (typeof url !== 'string') return false;
  return url.startsWith('/') || (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol));
}

/** @throws ActorsError `bad-option`, without what came */
function secretsOf(secret: unknown): readonly string[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (!secrets.every((each) => typeof each === 'string' && each.length >= MIN_SECRET)) {
    throw new ActorsError('bad-option', `secret must be ${MIN_SECRET} characters or more`);
  }
  return secrets as readonly string[];
}
