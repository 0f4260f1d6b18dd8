import type { ModernOptions } from '../../../src/modern/options.ts';
import { Random, seedOf } from '../random.ts';

/** The functions a user gives for the stateless revision, for tasks and for handles. */
export const STATELESS_FUNCTIONS = [
  'scope',
  'taskMode',
  'toolsList',
  'openThing',
  'releaseThing',
  'keepThing',
  'wakeThing',
] as const;
export type StatelessFunction = (typeof STATELESS_FUNCTIONS)[number];

/** Functions whose value is needed in the same turn. */
const AT_ONCE: ReadonlySet<string> = new Set(['scope', 'taskMode']);

/** Limits small enough to be met. Sizes in bytes, times in milliseconds. */
export const STATELESS_LIMITS = {
  parkMs: 8000,
  maxParked: 7,
  maxParkedPerPrincipal: 4,
  maxParkedAnonymous: 4,
  maxParkedBytes: 24 * 1024,
  maxRounds: 3,
  maxListens: 6,
  maxListensPerPrincipal: 3,
  maxListensAnonymous: 3,
  maxSharedInFlight: 10,
} as const;

export const TASK_LIMITS = {
  afterMs: 300,
  ttlMs: 25_000,
  pollMs: 500,
  maxTasks: 8,
  maxTasksPerPrincipal: 5,
  maxTasksAnonymous: 4,
  maxKeptBytes: 32 * 1024,
} as const;

export const THING_LIMITS = {
  maxQueue: 3,
  openTimeoutMs: 2000,
  idleTimeoutMs: 2500,
  evictAfterMs: 8000,
  max: 6,
  maxPerPrincipal: 3,
  maxAnonymous: 3,
} as const;

/** What is the same for all of one history of both eras. */
export interface StatelessSetting {
  readonly scope:
    | Exclude<NonNullable<ModernOptions['scope']>, (...args: never[]) => unknown>
    | 'function';
  readonly prefer: 'sessions' | 'stateless';
  readonly onLostCall: 'error' | 'rerun';
  /** All processes have one secret that no store keeps. */
  readonly hasSecret: boolean;
  /** What of its kind a call is before it lasts. */
  readonly taskMode: 'auto' | 'task' | 'required';
}

export type StatelessFault = readonly [
  name: StatelessFunction,
  manner: 'slow' | 'throws' | 'rejects' | 'hangs',
  often: number,
];

export interface StatelessDraw {
  readonly setting: StatelessSetting;
  readonly faults: readonly StatelessFault[];
}

/** Draws from numbers of its own: what a seed is for histories of sessions alone does not change. */
export function statelessOf(seed: number): StatelessDraw {
  const random = new Random(seedOf(seed, -3));
  const setting = {
    scope: random.one<StatelessSetting['scope']>(
      'auto',
      'auto',
      'auto',
      'principal',
      'argument',
      'request',
      'shared',
      'function',
    ),
    prefer: random.one('sessions', 'stateless'),
    onLostCall: random.one('error', 'error', 'rerun'),
    hasSecret: random.chance(0.5),
    taskMode: random.one('auto', 'task', 'task', 'required'),
  } as const;
  return { setting, faults: random.chance(0.3) ? [faultOf(random)] : [] };
}

function faultOf(random: Random): StatelessFault {
  const name = random.one(...STATELESS_FUNCTIONS);
  const manner = AT_ONCE.has(name)
    ? 'throws'
    : random.one('slow' as const, 'slow', 'throws', 'rejects', 'hangs');
  return [name, manner, random.one(0.1, 0.4, 1)];
}
