import { systemClock } from '../base/clock.ts';
import type { ActorsError } from '../base/errors.ts';
import { randomId } from '../base/ids.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { timerFor } from '../base/within.ts';
import { dataRecord } from '../store/record.ts';
import { bytesOf, listOf, numberOf, textOf } from './answers.ts';
import {
  type Finding,
  ofDisk,
  ofEviction,
  ofLogin,
  ofMemory,
  ofMessages,
  ofPersistence,
  ofReplicas,
  ofRole,
  ofRoundTrip,
  ofVersion,
} from './checkup.ts';
import { Client } from './client.ts';
import { Link } from './link.ts';
import {
  checkAddress,
  checkPrefix,
  REDIS_ADDRESS_NAMES,
  REDIS_DEFAULTS,
  type RedisAddress,
} from './options.ts';
import { redisStore } from './redisStore.ts';
import { ABOUT } from './scripts.ts';
import { type Facts, factsOf, tagIsMissing } from './server.ts';

/** Which Redis is looked at: the options of `doctor`. */
export interface DoctorOptions extends RedisAddress {
  /** The prefix of the store. What is tried is tried below it, and removed. @default 'mcpa:' */
  readonly prefix?: string;
  /** How long one question may take. @default 5000 */
  readonly timeoutMs?: number;
}

const DOCTOR_NAMES: NamesOf<DoctorOptions> = {
  ...REDIS_ADDRESS_NAMES,
  prefix: true,
  timeoutMs: true,
};

/** What became of looking at a Redis. */
export interface Checkup {
  /** `redisStore` uses it. */
  readonly isFit: boolean;
  readonly findings: readonly Finding[];
}

const PINGS = 20;

/**
 * Looks whether sessions can be left to a Redis, and says what each of its settings means for them. No
 * session is touched.
 *
 * @throws ActorsError `store-unavailable` where Redis is not reached, `driver-missing`, `bad-option`
 */
export async function doctor(options: DoctorOptions): Promise<Checkup> {
  checkNames('doctor', options, DOCTOR_NAMES);
  checkAddress(options);
  const { prefix = REDIS_DEFAULTS.prefix, timeoutMs = REDIS_DEFAULTS.timeoutMs } = options;
  checkPrefix(prefix);
  const link = linkTo(options, timeoutMs);
  try {
    const findings = await examine(link, { ...options, prefix, timeoutMs });
    return { isFit: findings.every(({ level }) => level !== 'refused'), findings };
  } finally {
    link.close();
  }
}

type Examined = DoctorOptions & Required<Pick<DoctorOptions, 'prefix' | 'timeoutMs'>>;

async function examine(link: Link, options: Examined): Promise<Finding[]> {
  const roundTripMs = await roundTrip(link);
  const facts = await factsOfServer(link, options.prefix);
  const settings = await settingsOf(link);
  const heard = await hearers(link, options);
  return [
    { check: 'version', ...ofVersion(facts) },
    { check: 'role', ...ofRole(facts) },
    { check: 'eviction', ...ofEviction(facts) },
    { check: 'memory', ...ofMemory(facts) },
    { check: 'persistence', ...ofPersistence(facts, settings) },
    { check: 'disk', ...ofDisk(facts) },
    { check: 'replicas', ...ofReplicas(facts) },
    { check: 'commands', ...(await tried(link, options, facts)) },
    { check: 'round trip', ...ofRoundTrip(roundTripMs) },
    { check: 'login', ...ofLogin(options.url) },
    { check: 'messages', ...ofMessages(heard, settings) },
  ];
}

function linkTo(address: RedisAddress, timeoutMs: number): Link {
  return new Link({
    connect: (host) => Client.open(address, timeoutMs, host),
    timer: timerFor(systemClock, timeoutMs),
    pause: () => new Promise((resolve) => void systemClock.setTimeout(resolve, 20)),
    renewed: () => {},
  });
}

/** The median of some. */
async function roundTrip(link: Link): Promise<number> {
  const all: number[] = [];
  for (let n = 0; n < PINGS; n++) {
    const began = process.hrtime.bigint();
    await link.command('ping');
    all.push(Number(process.hrtime.bigint() - began) / 1e6);
  }
  return all.toSorted((a, b) => a - b)[PINGS / 2] ?? NaN;
}

async function factsOfServer(link: Link, prefix: string): Promise<Facts> {
  try {
    const [, , info] = listOf(await link.run(ABOUT, `${prefix}store`, []));
    return factsOf(bytesOf(info)?.toString() ?? '');
  } catch {
    // It has no scripts with flags, or permits none: it may still tell of itself.
    const info = await link.command('info').catch(() => undefined);
    return factsOf(bytesOf(info)?.toString() ?? '');
  }
}

async function settingsOf(link: Link): Promise<ReadonlyMap<string, string>> {
  const names = ['save', 'appendfsync', 'client-output-buffer-limit'];
  const answer = await link.command('config', 'get', ...names).catch(() => []);
  const flat = listOf(answer).map(textOf);
  return new Map(names.flatMap((name) => pairOf(flat, name)));
}

function pairOf(flat: readonly string[], name: string): [string, string][] {
  const value = flat[flat.findIndex((text, at) => at % 2 === 0 && text === name) + 1];
  return flat.includes(name) && value !== undefined ? [[name, value]] : [];
}

/** How many hear a message that one connection listens for. */
async function hearers(link: Link, options: Examined): Promise<number | undefined> {
  const listener = linkTo(options, options.timeoutMs);
  const channel = `${options.prefix}doctor:${randomId()}`;
  try {
    await listener.command('subscribe', channel);
    return numberOf(await link.command('publish', channel, ''));
  } catch {
    return undefined;
  } finally {
    listener.close();
  }
}

/** Does with a store what a runtime does with one. */
async function tried(
  link: Link,
  { prefix, ...options }: Examined,
  facts: Facts,
): Promise<Omit<Finding, 'check'>> {
  const untagged = tagIsMissing(facts, prefix);
  if (untagged !== undefined) return { level: 'refused', says: untagged };
  const below = `${prefix}doctor:`;
  const store = redisStore({ ...options, prefix: below, allowEviction: true });
  const about = { id: 'a', key: 'a', principal: 'b', home: undefined, startedAt: 0, expiresAt: 0 };
  try {
    await store.write([
      { type: 'put', record: dataRecord({ ...about, state: undefined }) },
      { type: 'row', id: 'a', n: 1, row: '' },
    ]);
    await Promise.all([
      store.get('a'),
      store.rows('a'),
      store.page({ limit: 1 }),
      store.count('b'),
    ]);
    await store.write([{ type: 'remove', id: 'a' }]);
    return { level: 'ok', says: 'all that a store needs is permitted' };
  } catch (error) {
    const { cause, message } = error as ActorsError;
    const says = cause instanceof Error ? `${message}: ${cause.message}` : message;
    return { level: 'refused', says };
  } finally {
    await store.close();
    await link.command('del', `${below}store`).catch(() => {});
  }
}
