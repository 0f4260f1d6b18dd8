import { evicts, type Facts, OLDEST } from './server.ts';

/** What is looked at. */
export type RedisCheck =
  | 'version'
  | 'role'
  | 'eviction'
  | 'memory'
  | 'persistence'
  | 'disk'
  | 'replicas'
  | 'commands'
  | 'round trip'
  | 'login'
  | 'messages';

/** One thing that was looked at. */
export interface Finding {
  readonly check: RedisCheck;
  /** `refused`: `redisStore` does not use such a Redis. `warning`: sessions may be lost. */
  readonly level: 'ok' | 'note' | 'warning' | 'refused';
  /** What was found, and what it means for sessions. */
  readonly says: string;
}

type Judged = Omit<Finding, 'check'>;
type Settings = ReadonlyMap<string, string>;

const ok = (says: string): Judged => ({ level: 'ok', says });
const note = (says: string): Judged => ({ level: 'note', says });
const warning = (says: string): Judged => ({ level: 'warning', says });
const refused = (says: string): Judged => ({ level: 'refused', says });

/** A replica that is further behind than a process remembers its writes. */
const MAX_LAG_S = 10;
/** Milliseconds above which the way to Redis is felt, and above which everybody feels it. */
const FAR_MS = 5;
const VERY_FAR_MS = 50;

/** @param facts of `INFO` */
export function ofVersion(facts: Facts): Judged {
  const version = facts.get('redis_version');
  if (version === undefined)
    return warning('INFO is not permitted: the server tells nothing of itself');
  const valkey = facts.get('valkey_version');
  const name = valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`;
  if (Number.parseInt(version, 10) >= OLDEST) return ok(name);
  return refused(`${name} has no scripts with flags: 7.0 or later is needed`);
}

export function ofRole(facts: Facts): Judged {
  if (facts.get('role') !== 'slave') return ok('a master');
  return refused('a replica: it takes no writes');
}

export function ofEviction(facts: Facts): Judged {
  const policy = facts.get('maxmemory_policy') ?? 'unknown';
  if (evicts(facts)) return refused(`${policy}: any session may be removed without a word`);
  if (policy.startsWith('volatile-')) {
    return note(`${policy}: keys of sessions have no expiry, so they stay; noeviction says so`);
  }
  return policy === 'noeviction' ? ok(policy) : warning(`${policy}: this policy is not known here`);
}

export function ofMemory(facts: Facts): Judged {
  const [used, most] = [Number(facts.get('used_memory')), Number(facts.get('maxmemory'))];
  if (!(most > 0)) return note('maxmemory is not set: the machine is the limit');
  const share = Math.round((used / most) * 100);
  const says = `${share} % of maxmemory are used`;
  return share > 80 ? warning(`${says}: at 100 % no session is stored any more`) : ok(says);
}

/** @param settings of `CONFIG GET`; without one, it is not permitted */
export function ofPersistence(facts: Facts, settings: Settings): Judged {
  if (facts.get('aof_enabled') !== '1') {
    const saves = settings.get('save') ?? '';
    return saves === ''
      ? warning('nothing is written to the disk: a restart of Redis ends all sessions')
      : warning('snapshots alone: a restart of Redis loses what came since the last one');
  }
  const fsync = settings.get('appendfsync');
  if (fsync === 'always') return ok('appendfsync always: what was acknowledged is on the disk');
  if (fsync === 'everysec') {
    return ok(
      'appendfsync everysec: a crash of Redis loses nothing, one of its machine a second or two',
    );
  }
  if (fsync === 'no') {
    return warning('appendfsync no: a crash of the machine loses what the system had not written');
  }
  return note('AOF is on; CONFIG is not permitted, so appendfsync is not known');
}

export function ofDisk(facts: Facts): Judged {
  const failed = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status']
    .filter((name) => (facts.get(name) ?? 'ok') !== 'ok')
    .map((name) => name.replace(/_status$/, ''));
  return failed.length === 0
    ? ok('the last writes to the disk were made')
    : warning(`${failed.join()} failed: Redis may refuse to store sessions`);
}

export function ofReplicas(facts: Facts): Judged {
  const lags = Array.from({ length: Number(facts.get('connected_slaves') ?? 0) }, (_, n) =>
    Number(/lag=(\d+)/.exec(facts.get(`slave${n}`) ?? '')?.[1] ?? Infinity),
  );
  if (lags.length === 0) return note('none: sessions are as safe as this one server');
  const worst = Math.max(...lags);
  const says = `${lags.length}, the last ${worst} s behind`;
  return worst > MAX_LAG_S
    ? warning(`${says}: a failover to it loses more than a process can write again`)
    : ok(`${says}: what a failover loses is written again while the process lives`);
}

export function ofRoundTrip(ms: number): Judged {
  const says = `${ms.toFixed(1)} ms`;
  if (ms < FAR_MS) return ok(says);
  const felt = `${says}: each call that changes its session waits for one`;
  return ms < VERY_FAR_MS ? note(felt) : warning(felt);
}

/** @param url where Redis is; `undefined` where a client knows */
export function ofLogin(url: string | undefined): Judged {
  if (url === undefined || url.startsWith('/')) return ok('by a client or a socket');
  const { protocol, hostname, password } = new URL(url);
  const isHere = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  if (protocol === 'rediss:' || isHere) return ok(isHere ? 'this machine' : 'TLS');
  return password === ''
    ? warning('no TLS and no password: whoever is on the way reads and writes sessions')
    : warning('a password without TLS: whoever is on the way reads it');
}

/** What several nodes need of a Redis that carries their messages. @param heard how many heard one */
export function ofMessages(heard: number | undefined, settings: Settings): Judged {
  const [, limits] =
    /pubsub (\d+ \d+ \d+)/.exec(settings.get('client-output-buffer-limit') ?? '') ?? [];
  if (heard !== 1) return note('publish and subscribe do not work here, or are not permitted');
  const says = 'publish and subscribe work';
  return ok(limits === undefined ? says : `${says}; client-output-buffer-limit pubsub ${limits}`);
}
