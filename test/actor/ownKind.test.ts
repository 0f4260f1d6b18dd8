import { serveInspector } from 'mcp-actors/inspector';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionEffect } from '../../machines/step.ts';
import { Actor, type Parent } from '../../src/actor/actor.ts';
import { type Effects, PLAIN_EFFECTS } from '../../src/actor/effects.ts';
import { Supervisor } from '../../src/actor/supervisor.ts';
import { lifeViewOf } from '../../src/directory/viewOf.ts';
import { servicesOf } from '../support/servicesOf.ts';
import type { VirtualClock } from '../support/virtualClock.ts';
import { FeedReader } from '../watch/inspector/support/visit.ts';

/** Counts. Asleep, a number is all that is left of it. */
class Counter extends Actor {
  count = 0;
  readonly records: Map<string, number>;

  constructor(parent: Parent, id: string, records: Map<string, number>) {
    super(parent, id, undefined);
    this.records = records;
    this.begin(true);
  }

  protected perform(effect: SessionEffect): void {
    COUNTER_EFFECTS[effect](this);
  }

  add(): number {
    const hasPlace = this.takePlace() === undefined;
    if (hasPlace && this.arrival === 'activate') this.tell({ type: 'message.arrived' });
    return ++this.count;
  }
}

const COUNTER_EFFECTS: Effects<Counter> = {
  ...PLAIN_EFFECTS,
  fallAsleep(counter) {
    counter.records.set(counter.id, counter.count);
    counter.count = 0;
    counter.giveUpPlace();
  },
  rebuild(counter) {
    counter.count = counter.records.get(counter.id)!;
    counter.tell({ type: 'session.woken' });
  },
};

function setUp() {
  const services = servicesOf({ maxSessions: 2 });
  const supervisor = new Supervisor<Counter>(services, {
    onCrash: 'evict',
    createId: () => `counter-${services.counters.spawned}`,
  });
  onTestFinished(() => services.deadlines.stop());
  const records = new Map<string, number>();
  const admit = () =>
    supervisor.admit(undefined, (id) => new Counter(supervisor, id, records)) as Counter;
  return { services, supervisor, records, admit, clock: services.clock as VirtualClock };
}

const MINUTE = 60_000;

describe('a kind of actor without a client and without a server', () => {
  it('is supervised: it takes a place, and makes room where it can', async () => {
    const { admit, clock, services, supervisor } = setUp();
    const first = admit();
    const second = admit();
    expect([first.path, services.counters.handshakes, supervisor.isFull]).toEqual([
      'active',
      0,
      true,
    ]);
    expect(supervisor.admit(undefined, () => first)).toBe('at-capacity');
    await clock.elapse(2000);
    second.add();
    // At rest, the other one can sleep at once.
    const third = admit();
    expect([first.path, second.path, third.path]).toEqual(['idle.asleep', 'active', 'active']);
  });

  it('sleeps when nobody counts, and goes on where it stopped', async () => {
    const { admit, clock, records, supervisor } = setUp();
    const counter = admit();
    counter.add();
    counter.add();
    await clock.elapse(6 * MINUTE);
    expect([counter.path, counter.count, counter.holdsPlace]).toEqual(['idle.asleep', 0, false]);
    expect(Array.from(records.values())).toEqual([2]);
    expect([counter.add(), counter.path, counter.holdsPlace]).toEqual([3, 'active', true]);
    expect(supervisor.resident(counter.id)).toBe(counter);
  });

  it('ends for a reason: unused, crashed, drained', async () => {
    const { admit, clock, services, supervisor } = setUp();
    const unused = admit();
    await clock.elapse(40 * MINUTE);
    const crashed = admit();
    crashed.crash(new Error('miscounted'));
    const drained = admit();
    await supervisor.drain(1000);
    const reasons = [unused, crashed, drained].map(({ id }) =>
      supervisor.tombstones.reasonOf(id, undefined),
    );
    expect(reasons).toEqual(['expired', 'crashed', 'drained']);
    expect([...supervisor.residents()]).toEqual([]);
    expect([services.counters.evicted.expired, services.counters.crashes]).toEqual([1, 1]);
  });

  it('shows in the inspector, state by state', async () => {
    const { admit, clock, services, supervisor } = setUp();
    const sessions = () => Array.from(supervisor.residents(), lifeViewOf);
    const inspector = await serveInspector(
      {
        on: (name, listener) => services.events.on(name, listener),
        list: () => Promise.resolve({ sessions: sessions(), next: undefined }),
        stats: () => services.counters.copy(),
        limits: services.limits,
        now: () => clock.now(),
        residents: () => [],
        deadLetters: () => [],
        isReady: true,
      },
      { flushMs: 20 },
    );
    onTestFinished(() => inspector.close());
    const feed = await FeedReader.open(inspector.url);
    const counter = admit();
    const state = () => feed.rows.get(counter.key)?.['state'];
    await feed.until(() => state() === 'active');
    await clock.elapse(6 * MINUTE);
    await feed.until(() => state() === 'idle.asleep');
    counter.add();
    await feed.until(() => state() === 'active');
    counter.close('terminated');
    await feed.until(() => state() === 'evicted');
    expect(feed.rows.get(counter.key)).toMatchObject({ reason: 'terminated' });
    feed.leave();
  });
});
