import { Random, seedOf } from './random.ts';
import { type StatelessFunction, statelessOf, type StatelessSetting } from './stateless/setting.ts';

/** How a function of the user behaves when it is called. */
export type Manner = 'quick' | 'slow' | 'throws' | 'rejects' | 'hangs';

/** The functions a user gives to a runtime, and those of what its factory makes. */
export const USER_FUNCTIONS = [
  'state',
  'factory',
  'connect',
  'close',
  'encode',
  'decode',
  'migrate',
  'principal',
  'createId',
  'onSleep',
  'onWake',
  'dispose',
  'listener',
  'eventStore',
] as const;
export type UserFunction = (typeof USER_FUNCTIONS)[number] | StatelessFunction;

/** What is served: sessions alone, or the stateless revision as well. */
export type Era = 'sessions' | 'both';

/** Functions whose value is needed in the same turn. */
const AT_ONCE: ReadonlySet<UserFunction> = new Set([
  'state',
  'encode',
  'decode',
  'migrate',
  'principal',
  'createId',
  'listener',
]);

/** Limits small enough to be met. Sizes in bytes, times in milliseconds. */
export const LIMITS = {
  maxBodyBytes: 48 * 1024,
  maxInFlight: 12,
  maxQueue: 8,
  maxStreamBytes: 24 * 1024,
  maxUnreadBytes: 64 * 1024,
  maxUnreadBytesPerPrincipal: 96 * 1024,
  maxUnreadTotalBytes: 160 * 1024,
  unreadTimeoutMs: 5000,
  maxReplayEvents: 24,
  maxReplayBytes: 24 * 1024,
  maxReplayTotalBytes: 64 * 1024,
  replayMs: 20_000,
  handshakeTimeoutMs: 6000,
  quietMs: 500,
  idleTimeoutMs: 3000,
  evictAfterMs: 20_000,
  closeTimeoutMs: 1500,
  unreachableAfterMs: 2000,
  sseAfterMs: 50,
  sseRetryMs: 500,
  storeTimeoutMs: 3000,
  writeBehindMs: 100,
  keepAliveMs: 1000,
} as const;

/** What is the same for all of one history. */
export interface Setting {
  readonly isDurable: boolean;
  readonly onCrash: 'evict' | 'restart';
  readonly responseMode: 'auto' | 'sse' | 'json';
  readonly concurrency: number;
  readonly maxSessions: number;
  readonly encodes: boolean;
  /** Each process is a newer version of the program. */
  readonly migrates: boolean;
  readonly hasOnSleep: boolean;
  readonly hasOnWake: boolean;
  readonly hasEventStore: boolean;
  /** What is not always quick, how, and how often. */
  readonly faulty: Partial<Record<UserFunction, readonly [Manner, number]>>;
  readonly ending: 'expire' | 'drain' | 'close';
  /** Of the stateless revision; `undefined` in a history of sessions alone. */
  readonly stateless: StatelessSetting | undefined;
}

const NONE = { setting: undefined, faults: undefined };

export function settingOf(seed: number, era: Era): Setting {
  const random = new Random(seedOf(seed, -1));
  const faulty: Record<string, [Manner, number]> = {};
  for (let left = random.one(0, 0, 1, 1, 2); left > 0; left--) {
    const name = random.one(...USER_FUNCTIONS);
    const manner = AT_ONCE.has(name)
      ? 'throws'
      : random.one<Manner>('slow', 'slow', 'throws', 'rejects', 'hangs');
    faulty[name] = [manner, random.one(0.1, 0.4, 1)];
  }
  const { setting: stateless, faults = [] } = era === 'both' ? statelessOf(seed) : NONE;
  for (const [name, manner, often] of faults) faulty[name] = [manner, often];
  return {
    isDurable: random.chance(0.6),
    onCrash: random.one('evict', 'restart'),
    responseMode: random.one('auto', 'auto', 'auto', 'sse', 'json'),
    concurrency: random.one(Infinity, Infinity, 1, 2),
    maxSessions: random.one(100, 100, 4),
    encodes: random.chance(0.5) || 'encode' in faulty || 'decode' in faulty,
    migrates: random.chance(0.3) || 'migrate' in faulty,
    hasOnSleep: random.chance(0.3) || 'onSleep' in faulty,
    hasOnWake: random.chance(0.3) || 'onWake' in faulty,
    hasEventStore: random.chance(0.15) || 'eventStore' in faulty,
    faulty,
    ending: random.one('expire', 'expire', 'drain', 'close'),
    stateless,
  };
}
