import type { Stage } from '../deeds.ts';
import type { User } from '../clients.ts';
import type { Random } from '../random.ts';
import { ASKABLE, JOBS, type StatelessClients, type Way } from './clients.ts';

/** Where a deed of the stateless revision is done. */
export interface StatelessStage extends Stage {
  readonly stateless: StatelessClients;
}

export type StatelessDeed = (stage: StatelessStage) => unknown;
/** Deeds by their names, each with how often it is done. */
export type StatelessDeeds = Readonly<Record<string, readonly [number, StatelessDeed]>>;

const ROOMS = ['red', 'red', 'blue', undefined] as const;
/** What a client declares that has no forms. */
const FEW: Readonly<Record<string, unknown>> = { roots: {} };

export function userOf(random: Random): User {
  return random.one('ann', 'ann', 'bob', 'eve', 'nobody');
}

/** How the next call of a user is made: by which session of its own, where it names one. */
export function wayOf({ random, stateless }: StatelessStage, user: User): Way {
  const own = stateless.named.filter((each) => each.user === user);
  const { scope } = stateless.stateless.setting;
  const isNamed = scope === 'argument' || (scope === 'auto' && user === 'nobody');
  return {
    named: isNamed && random.chance(0.7) ? random.pick(own) : undefined,
    room: random.one(...ROOMS),
    capabilities: random.chance(0.9) ? (random.chance(0.3) ? JOBS : ASKABLE) : FEW,
    prefersStream: random.chance(0.3),
    parts: random.chance(0.1) ? 3 : 1,
  };
}
