import { check } from '../base/check.ts';
import { fineTime, wallTime } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { isNodeName, randomId } from '../base/ids.ts';

import type { NamesOf } from '../base/optionNames.ts';
import { type Following, FOLLOWING } from './follow.ts';

/** How the processes of a cluster work together: the same for each of them. */
export interface ClusterOptions {
  /**
   * Seals what is stored and what the processes say to each other: 32 characters or more. Of several,
   * the first seals, all open.
   */
  readonly secret: string | readonly string[];
  /** Names this process for people: 1 to 16 of a-z and 0-9. @default none */
  readonly name?: string;
  /**
   * How long the sessions of a process that died, or can not be heard, stay its own, in milliseconds:
   * from 1000, and more than the event loop ever stands still. @default 5000
   */
  readonly leaseMs?: number;
  /**
   * How long a request waits in a process that has lost the others, before the answer is 503, in
   * milliseconds. @default 8000
   */
  readonly suspendMs?: number;
  /** How long a request may wait for another process to begin it, in milliseconds. @default 30 000 */
  readonly forwardTimeoutMs?: number;
  /** Requests of this process's clients that other processes answer, at once. @default 10 000 */
  readonly maxForwards?: number;
  /** The same, of one session. @default 256 */
  readonly maxForwardsPerSession?: number;
  /** Requests of other processes' clients that this process answers, at once. @default 4096 */
  readonly maxServed?: number;
  /**
   * A session whose requests all come by one other process falls asleep when nothing of it is under way,
   * and goes on in that process. @default true
   */
  readonly follow?: boolean;
  /**
   * Most bytes of one stored record: the state, the handshake, locals and what `onSleep` returned. A
   * larger record is refused with `state-too-large`. @default 2 MiB
   */
  readonly maxRecordBytes?: number;
}

/** What {@link ClusterOptions} knows. */
export const CLUSTER_NAMES: NamesOf<ClusterOptions> = {
  secret: true,
  name: true,
  leaseMs: true,
  suspendMs: true,
  forwardTimeoutMs: true,
  maxForwards: true,
  maxForwardsPerSession: true,
  maxServed: true,
  follow: true,
  maxRecordBytes: true,
};

const DEFAULTS = {
  leaseMs: 5000,
  suspendMs: 8000,
  forwardTimeoutMs: 30_000,
  maxForwards: 10_000,
  maxForwardsPerSession: 256,
  maxServed: 4096,
  follow: true,
  maxRecordBytes: 2 * 2 ** 20,
} as const;

/** Shorter secrets can be guessed. */
const MIN_SECRET = 32;
const MIN_LEASE_MS = 1000;

/** The options after their checks, with what only tests replace. */
export type ClusterSettings = Required<Omit<ClusterOptions, 'secret' | 'name'>> & {
  readonly name: string | undefined;
  readonly secrets: readonly [string, ...string[]];
  /** A text that no other process has, or had. */
  boot(): string;
  /** The wall clock, in milliseconds since the epoch. */
  wall(): number;
  readonly following: Following;
  /** A clock for short times, in milliseconds and parts of them. */
  readonly fine: () => number;
};

/** @throws ActorsError `bad-option`, without the secret that came */
export function settleCluster(options: ClusterOptions): ClusterSettings {
  const { secret, name, ...given } = options;
  const settings = { ...DEFAULTS, ...given };
  check('name', '1 to 16 characters of a-z and 0-9', name, (v) => v === undefined || isNodeName(v));
  check('leaseMs', 'a number from 1000', settings.leaseMs, (v) => isAtLeast(v, MIN_LEASE_MS));
  for (const each of ['suspendMs', 'forwardTimeoutMs'] as const) {
    check(each, 'a finite number > 0', settings[each], (v) => isAtLeast(v, Number.MIN_VALUE));
  }
  for (const each of [
    'maxForwards',
    'maxForwardsPerSession',
    'maxServed',
    'maxRecordBytes',
  ] as const) {
    check(each, 'an integer > 0', settings[each], (v) => Number.isSafeInteger(v) && Number(v) > 0);
  }
  check('follow', 'true or false', settings.follow, (v) => typeof v === 'boolean');
  return {
    ...settings,
    name,
    secrets: secretsOf(secret),
    boot: () => (name === undefined ? randomId() : `${name}@${randomId()}`),
    following: FOLLOWING,
    wall: wallTime,
    fine: fineTime,
  };
}

function isAtLeast(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}

function secretsOf(secret: unknown): readonly [string, ...string[]] {
  const secrets: readonly unknown[] = [secret].flat();
  const isFit = secrets.every((each) => typeof each === 'string' && each.length >= MIN_SECRET);
  // Not what came: it may be a secret.
  if (!isFit || secrets.length === 0) {
    throw new ActorsError('bad-option', `secret must be ${MIN_SECRET} characters or more`);
  }
  return secrets as unknown as readonly [string, ...string[]];
}
