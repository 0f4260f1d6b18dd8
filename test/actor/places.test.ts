import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEffect } from '../../machines/step.ts';
import { Actor, type Parent } from '../../src/actor/actor.ts';
import { PLAIN_EFFECTS } from '../../src/actor/effects.ts';
import { Supervisor } from '../../src/actor/supervisor.ts';
import type { NoPlace } from '../../src/actor/actor.ts';
import type { Limits } from '../../src/base/limits.ts';
import { servicesOf } from '../support/servicesOf.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

/** A life of which a test says whether it is in use. */
class Member extends Actor {
  isBusy = false;

  constructor(parent: Parent, id: string, principal: string | undefined, sleeps: boolean) {
    super(parent, id, principal);
    this.begin(sleeps);
  }

  override get references(): number {
    return Number(this.isBusy);
  }

  protected perform(effect: SessionEffect): void {
    PLAIN_EFFECTS[effect](this);
  }

  /** Comes into use, waking where it sleeps; `false` where there is no place to wake in. */
  use(): boolean {
    if (this.snapshot.hasTag('asleep') && this.takePlace() !== undefined) return false;
    this.isBusy = true;
    if (this.arrival === 'activate') this.tell({ type: 'message.arrived' });
    return true;
  }

  attach(): void {
    this.tell({ type: 'stream.attached' });
  }
}

function setUp(limits: Partial<Limits>, sleeps = false) {
  const services = servicesOf({ maxSessionsPerPrincipal: 100, ...limits });
  const supervisor = new Supervisor<Member>(services, {
    onCrash: 'evict',
    createId: () => `member-${services.counters.spawned}`,
  });
  // The clock is virtual: VirtualClock is what `servicesOf` puts in.
  const clock = services.clock as VirtualClock;
  const admit = (principal: string | undefined): Member | NoPlace =>
    supervisor.admit(principal, (id) => new Member(supervisor, id, principal, sleeps));
  /** Several of one principal, at rest one after the other. */
  const crowd = (principal: string | undefined, count: number): Member[] =>
    Array.from({ length: count }, () => {
      const member = admit(principal) as Member;
      clock.advance(2000);
      return member;
    });
  return { services, supervisor, admit, crowd, clock };
}

const alive = (members: readonly Member[]): number =>
  members.filter(({ holdsPlace }) => holdsPlace).length;

describe('at the cap', () => {
  it('an idle session of whoever has most makes room, not the oldest of all (A13)', () => {
    const { admit, crowd } = setUp({ maxSessions: 10 });
    const bob = crowd('bob', 3);
    const mallory = crowd('mallory', 7);
    for (const name of ['mallory', 'alice', 'carol']) expect(admit(name)).toBeInstanceOf(Member);
    expect(alive(bob)).toBe(3);
    expect(alive(mallory)).toBe(4);
    // The least recently used go first.
    expect(alive(mallory.slice(0, 3))).toBe(0);
  });

  it('anonymous callers together are one holder, and make room for each other', () => {
    const { admit, crowd } = setUp({ maxSessions: 10 });
    const bob = crowd('bob', 3);
    const strangers = crowd(undefined, 7);
    expect(admit(undefined)).toBeInstanceOf(Member);
    expect(admit('alice')).toBeInstanceOf(Member);
    expect([alive(bob), alive(strangers)]).toEqual([3, 5]);
  });

  it('of those who have as many, the one used longest ago makes room', () => {
    const { admit, crowd, clock } = setUp({ maxSessions: 3 });
    const [ann, bob, cid] = ['ann', 'bob', 'cid'].map((name) => crowd(name, 1)[0]!);
    ann!.use();
    ann!.isBusy = false;
    clock.advance(2000);
    expect(admit('dan')).toBeInstanceOf(Member);
    expect([ann, bob, cid].map((each) => each?.holdsPlace)).toEqual([true, false, true]);
  });

  it('one that is attached does not, whoever asks', () => {
    const { crowd } = setUp({ maxSessions: 3 });
    const [attached, detached] = crowd('ann', 2);
    attached!.attach();
    for (const member of [attached, detached]) member!.yieldPlace();
    expect([attached, detached].map((each) => each?.holdsPlace)).toEqual([true, false]);
  });

  it('nobody ends for one who has as many', () => {
    const { admit, crowd } = setUp({ maxSessions: 4 });
    const [ann, bob] = [crowd('ann', 2), crowd('bob', 2)];
    for (const member of bob) member.use();
    expect(admit('bob')).toBe('at-capacity');
    expect(alive([...ann, ...bob])).toBe(4);
    // One's own may.
    expect(admit('ann')).toBeInstanceOf(Member);
    expect(alive(ann)).toBe(1);
  });

  it('one that can sleep does so for anybody', () => {
    const { admit, crowd } = setUp({ maxSessions: 4 }, true);
    const [ann, bob] = [crowd('ann', 2), crowd('bob', 2)];
    for (const member of bob) member.use();
    expect(admit('bob')).toBeInstanceOf(Member);
    expect(ann.map(({ path }) => path)).toEqual(['idle.asleep', 'idle.warm']);
  });

  it('work and open streams are left alone, whoever has them', () => {
    const { admit, crowd } = setUp({ maxSessions: 4 });
    const mallory = crowd('mallory', 4);
    for (const member of mallory.slice(1)) member.use();
    mallory[0]!.attach();
    expect(admit('alice')).toBe('at-capacity');
    expect(alive(mallory)).toBe(4);
  });

  it('whoever wakes has no more places than its principal may have', () => {
    const { crowd, services } = setUp({ maxSessions: 100, maxSessionsPerPrincipal: 4 }, true);
    const mallory = crowd('mallory', 12);
    expect(alive(mallory)).toBe(4);
    const woken = mallory.filter((member) => member.use());
    expect([alive(mallory), services.counters.limits]).toEqual([
      4,
      { maxSessionsPerPrincipal: 12 - woken.length },
    ]);
    expect(woken).toHaveLength(4);
  });
});

const NAMES: readonly (string | undefined)[] = ['ann', 'bob', 'cid', undefined];

type Deed =
  | { readonly open: string | undefined }
  | { readonly use: number }
  | { readonly rest: number }
  | { readonly attach: number }
  | { readonly end: number }
  | { readonly wait: number };

const which = fc.nat(1000);
const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ open: fc.constantFrom(...NAMES) }) },
  { weight: 3, arbitrary: fc.record({ use: which }) },
  { weight: 3, arbitrary: fc.record({ rest: which }) },
  { weight: 1, arbitrary: fc.record({ attach: which }) },
  { weight: 1, arbitrary: fc.record({ end: which }) },
  {
    weight: 4,
    arbitrary: fc.record({ wait: fc.constantFrom(2000, 2000, 2000, 2000, 2000, 100, 400_000) }),
  },
);
const anySetting = fc.record({
  maxSessions: fc.integer({ min: 1, max: 8 }),
  maxSessionsPerPrincipal: fc.integer({ min: 1, max: 8 }),
  sleeps: fc.boolean(),
});

/** Whether an actor is at rest, and does no harm by giving up its place. */
function canYield({ path, snapshot, canSleep }: Member): boolean {
  return path.startsWith('idle.') && (!snapshot.context.attached || canSleep);
}

/** Does what is said, and tells what was unfair or miscounted. */
function play(
  { sleeps, ...limits }: { sleeps: boolean } & Pick<Limits, 'maxSessions'> & Partial<Limits>,
  deeds: readonly Deed[],
): string[] {
  const { supervisor, services, admit, clock } = setUp(limits, sleeps);
  const faults: string[] = [];
  const holding = (): Member[] => Array.from(supervisor.residents()).filter((m) => m.holdsPlace);
  const countOf = (name: string | undefined, among = holding()): number =>
    among.filter(({ principal }) => principal === name).length;
  const open = (name: string | undefined): void => {
    const before = holding();
    const own = countOf(name, before);
    const idle = before.filter(canYield);
    const came = admit(name);
    const ended = before.filter((member) => member.reason === 'capacity');
    const isCapped = name !== undefined && own >= limits.maxSessionsPerPrincipal!;
    if (came instanceof Member) {
      for (const { principal } of ended) {
        const isFair = principal === name || countOf(principal, before) > own;
        if (!isFair) faults.push(`${principal} lost a session to ${name}`);
      }
    } else {
      if (ended.length > 0) faults.push('ended in vain');
      const may = idle.filter(
        ({ principal, canSleep }) =>
          principal === name || (!isCapped && (canSleep || countOf(principal, before) > own)),
      );
      if (may.length > 0) faults.push(`${name} was refused`);
      if (!isCapped && before.length < limits.maxSessions) faults.push('was not full');
    }
  };

  for (const deed of deeds) {
    const all = Array.from(supervisor.residents());
    const pick = (index: number): Member | undefined => all[index % Math.max(all.length, 1)];
    if ('open' in deed) open(deed.open);
    else if ('wait' in deed) clock.advance(deed.wait);
    else if ('use' in deed) pick(deed.use)?.use();
    else if ('attach' in deed) pick(deed.attach)?.attach();
    else if ('end' in deed) pick(deed.end)?.close('terminated');
    else {
      const member = pick(deed.rest);
      if (member !== undefined) member.isBusy = false;
    }
    const members = holding();
    if (members.length > limits.maxSessions) faults.push(`${members.length} hold a place`);
    if (supervisor.isFull !== members.length >= limits.maxSessions) faults.push('isFull');
    if (services.counters.handshakes !== 0) faults.push('handshakes');
    for (const name of NAMES) {
      const { places, residents } = supervisor.accounts.of(name);
      const isRight =
        places === countOf(name) && residents === countOf(name, Array.from(supervisor.residents()));
      if (!isRight) faults.push(`${name}: ${places} of ${residents}`);
      if (name !== undefined && places > limits.maxSessionsPerPrincipal!) faults.push('share');
    }
  }
  services.deadlines.stop();
  return faults;
}

it('nobody is refused while its share is unused and others could make room; counts equal a recount', () => {
  fc.assert(
    fc.property(
      anySetting,
      fc.array(anyDeed, { maxLength: 100, size: 'max' }),
      (setting, deeds) => {
        expect(play(setting, deeds)).toEqual([]);
      },
    ),
    { numRuns: 120 },
  );
});
