import type { Profile } from '../figures/profile.ts';
import type { Frame } from './frames.ts';
import { groups, type Group } from './groups.ts';

export interface Share {
  readonly group: Group;
  /** Part of all busy CPU spent in the group's own functions. */
  readonly self: number;
  /** The same, and what node and the engine did when called from there. */
  readonly withNode: number;
  /** Part of all bytes allocated, by the function that allocated or had node allocate. */
  readonly allocated: number;
}

/** What this library costs of a load, all its groups together. */
export interface OwnShare {
  /** Part of all busy CPU spent in its own functions. */
  readonly self: number;
  /** The same with node's functions they call, and their part of garbage collection. */
  readonly whole: number;
}

export function shares({ cpu, allocations }: Profile): Share[] {
  const cpuTotal = total(cpu);
  const allocationTotal = total(allocations);
  return (Object.keys(groups) as Group[]).map((group) => ({
    group,
    self: selfOf(cpu, group) / cpuTotal,
    withNode: withNode(cpu, group) / cpuTotal,
    allocated: withNode(allocations, group) / allocationTotal,
  }));
}

export function ownShare(all: readonly Share[]): OwnShare {
  const gc = all.find(({ group }) => group === 'gc')?.self ?? 0;
  let self = 0;
  let whole = 0;
  for (const share of all) {
    if (!groups[share.group].ours) continue;
    self += share.self;
    whole += share.withNode + gc * share.allocated;
  }
  return { self, whole };
}

const total = (frames: readonly Frame[]): number => frames.reduce((sum, { self }) => sum + self, 0);

const selfOf = (frames: readonly Frame[], group: Group): number =>
  total(frames.filter((frame) => frame.group === group));

/** Adds what was done on the group's behalf, and takes away what was done on others'. */
function withNode(frames: readonly Frame[], group: Group): number {
  let sum = 0;
  for (const frame of frames) {
    if (frame.group === group) {
      sum += frame.self;
      for (const lent of frame.onBehalfOf.values()) sum -= lent;
    }
    sum += frame.onBehalfOf.get(group) ?? 0;
  }
  return sum;
}
