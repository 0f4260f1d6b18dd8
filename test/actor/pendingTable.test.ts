import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pending, PendingTable } from '../../src/actor/pendingTable.ts';
import type { Limits } from '../../src/base/limits.ts';
import { servicesOf } from '../support/servicesOf.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

/** Somebody who waits in a table, and leaves when asked to. */
class Waiter implements Pending {
  readonly principal: string | undefined;
  readonly isWaiting: boolean;
  readonly #table: PendingTable;
  hasGivenWay = false;

  constructor(table: PendingTable, principal: string | undefined, isWaiting: boolean) {
    this.#table = table;
    this.principal = principal;
    this.isWaiting = isWaiting;
  }

  giveWay(): void {
    this.hasGivenWay = true;
    this.#table.delete(this);
  }
}

function setUp(limits: Partial<Limits> = {}, random = (): number => 0) {
  const services = servicesOf({ maxHandshakes: 8, ...limits }, random);
  const table = new PendingTable(services, {
    max: 'maxHandshakes',
    perPrincipal: 'maxHandshakesPerPrincipal',
    counter: 'handshakes',
  });
  const join = (principal: string | undefined, isWaiting = true): Waiter | 'refused' => {
    if (table.isShareUsed(principal) || !table.makeRoom(principal)) return 'refused';
    const waiter = new Waiter(table, principal, isWaiting);
    table.add(waiter);
    return waiter;
  };
  /** Several of one principal, who all find room. */
  const crowd = (principal: string | undefined, count: number, isWaiting?: boolean): Waiter[] =>
    Array.from({ length: count }, () => join(principal, isWaiting) as Waiter);
  const { clock, counters } = services;
  return { table, join, crowd, counters, clock: clock as VirtualClock };
}

const gone = (waiters: readonly Waiter[]): boolean[] => waiters.map((each) => each.hasGivenWay);

describe('PendingTable', () => {
  it('refuses a principal past its share, and nobody else (A3)', () => {
    const { join, crowd, counters } = setUp({ maxHandshakesPerPrincipal: 2 });
    const flood = crowd('mallory', 2);
    expect(join('mallory')).toBe('refused');
    expect(join('alice')).toBeInstanceOf(Waiter);
    expect(gone(flood)).toEqual([false, false]);
    expect(counters.handshakes).toBe(3);
  });

  it('when full, has the oldest of whoever has most give way to one who has fewer', () => {
    const { join, crowd, counters } = setUp({ maxHandshakesPerPrincipal: 4 });
    const [most, fewer] = [crowd('mallory', 4), crowd('trudy', 3)];
    const alice = crowd('alice', 1);
    const bob = join('bob') as Waiter;
    expect(gone(most)).toEqual([true, false, false, false]);
    expect(gone([...fewer, ...alice, bob])).toEqual(Array(5).fill(false));
    expect(counters).toMatchObject({ handshakes: 8, limits: { maxHandshakes: 1 } });
  });

  it('when full, lets nobody give way to one who would have as many', () => {
    const { join, crowd } = setUp({ maxHandshakesPerPrincipal: 8 });
    const all = [...crowd('alice', 4), ...crowd('bob', 4)];
    expect([join('alice'), join('bob')]).toEqual(['refused', 'refused']);
    expect(gone(all)).toEqual(Array(8).fill(false));
  });

  it('lets the young stay for as long as there is room, and the old ones no longer', () => {
    const { join, crowd, clock } = setUp({ maxHandshakesPerPrincipal: 8 });
    const flood = crowd('mallory', 5);
    join('alice');
    expect(gone(flood)).toEqual(Array(5).fill(false));
    clock.advance(5000);
    join('bob');
    expect(gone(flood)).toEqual([true, false, false, false, false]);
  });

  it('does not let time make anybody give way while the table is half empty', () => {
    const { join, crowd, clock } = setUp({ maxHandshakesPerPrincipal: 8 });
    const few = crowd('alice', 4);
    clock.advance(50_000);
    join('bob');
    expect(gone(few)).toEqual(Array(4).fill(false));
  });

  it('when full of strangers, has an old one give way to a newcomer, and no young one', () => {
    const { join, clock } = setUp();
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => {
      clock.advance(700);
      return join(name) as Waiter;
    });
    clock.advance(200);
    expect(gone([join('i') as Waiter])).toEqual([false]);
    expect(gone(all)).toEqual([true, ...Array<boolean>(7).fill(false)]);
    const young = setUp();
    for (const name of 'abcdefgh') young.join(name);
    expect(young.join('i')).toBe('refused');
  });

  it('picks at random among anonymous callers, who have no share', () => {
    const draws = [0.5, 0.99, 0];
    const { join, crowd, counters } = setUp({}, () => draws.shift() ?? 0.6);
    const crowded = crowd(undefined, 8);
    // Of the ones drawn, all are young: the first one drawn goes.
    expect(join(undefined)).toBeInstanceOf(Waiter);
    expect(gone(crowded).indexOf(true)).toBe(4);
    expect(counters.handshakes).toBe(8);
  });

  it('refuses one in nine anonymous newcomers where all are young', () => {
    const { join, crowd } = setUp({}, () => 0.1);
    const crowded = crowd(undefined, 8);
    expect(join(undefined)).toBe('refused');
    expect(gone(crowded)).toEqual(Array(8).fill(false));
  });

  it('rather picks an anonymous one that is not young', () => {
    const draws = [0.99, 0.8, 0.3];
    const { join, crowd, clock } = setUp({}, () => draws.shift() ?? 0.9);
    const old = crowd(undefined, 4);
    clock.advance(5000);
    const young = crowd(undefined, 1);
    join(undefined);
    expect(gone(old).filter(Boolean)).toHaveLength(1);
    expect(gone(young)).toEqual([false]);
  });

  it('refuses an anonymous caller where everything that is picked is still being built', () => {
    const { join, crowd } = setUp();
    const building = crowd(undefined, 8, false);
    expect(join(undefined)).toBe('refused');
    expect(gone(building)).toEqual(Array(8).fill(false));
    // One that can be told from the others has a share of its own.
    expect(join('alice')).toBeInstanceOf(Waiter);
  });

  it('forgets whoever left, and counts each once', () => {
    const { table, join, counters } = setUp();
    const waiter = join('alice') as Waiter;
    table.add(waiter);
    expect(counters.handshakes).toBe(1);
    table.delete(waiter);
    table.delete(waiter);
    expect(counters.handshakes).toBe(0);
  });
});

const NAMES: readonly (string | undefined)[] = ['ann', 'bob', 'cid', 'dan', undefined];
const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ join: fc.constantFrom(...NAMES), builds: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat(1000) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.nat(6000) }) },
);
const setting: fc.Arbitrary<Shares> = fc.record({
  maxHandshakes: fc.integer({ min: 1, max: 12 }),
  maxHandshakesPerPrincipal: fc.integer({ min: 1, max: 12 }),
});

interface Shares {
  readonly maxHandshakes: number;
  readonly maxHandshakesPerPrincipal: number;
}

type Deed =
  | { readonly join: string | undefined; readonly builds: boolean }
  | { readonly leave: number }
  | { readonly wait: number };

/** Does what is said, and tells what was unfair or miscounted. */
function play(shares: Shares, deeds: readonly Deed[], seed: number): string[] {
  let state = seed;
  const draw = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const { table, join, counters, clock } = setUp(shares, draw);
  const { maxHandshakes: max, maxHandshakesPerPrincipal: share } = shares;
  const faults: string[] = [];
  let inside: Waiter[] = [];
  const of = (name: string | undefined): number =>
    inside.filter(({ principal }) => principal === name).length;

  const admit = ({ join: name, builds }: Extract<Deed, { builds: boolean }>): void => {
    const before = new Map(NAMES.map((other) => [other, of(other)]));
    const own = before.get(name)!;
    const isFull = inside.length >= max;
    const came = join(name, !builds);
    const left = inside.filter((other) => other.hasGivenWay);
    inside = inside.filter((other) => !other.hasGivenWay);
    if (came instanceof Waiter) inside.push(came);
    if (left.length > (came instanceof Waiter ? 1 : 0)) faults.push('gave way in vain');
    const isUsed = name !== undefined && own >= share;
    const isFair = isUsed || (isFull && Math.max(...before.values()) <= own + 1);
    if (came === 'refused' && !isFair) faults.push(`${name} was refused`);
    for (const { principal } of left) {
      const isAmongThem = principal === undefined && name === undefined;
      if (!isAmongThem && before.get(principal)! <= own) faults.push(`${principal} gave way`);
    }
  };

  for (const deed of deeds) {
    if ('wait' in deed) clock.advance(deed.wait);
    else if ('builds' in deed) admit(deed);
    else {
      const leaving = inside[deed.leave % Math.max(inside.length, 1)];
      if (leaving !== undefined) table.delete(leaving);
      inside = inside.filter((other) => other !== leaving);
    }
    const { handshakes } = counters;
    if (handshakes !== inside.length || handshakes > max) faults.push(`counted ${handshakes}`);
    for (const name of NAMES) {
      if (name !== undefined && of(name) > share) faults.push(`${name} has more than its share`);
    }
  }
  return faults;
}

it('nobody is refused while the share is unused and others have more; counts equal a recount', () => {
  fc.assert(
    fc.property(setting, fc.array(anyDeed, { maxLength: 60 }), fc.nat(), (shares, deeds, seed) => {
      expect(play(shares, deeds, seed)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
