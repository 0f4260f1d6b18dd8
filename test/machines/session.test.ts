import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import {
  type Arrival,
  END_REASONS,
  type SessionEvent,
  sessionMachine,
} from '../../machines/session.ts';
import { arrivalOf } from '../../machines/step.ts';
import {
  EVENTS,
  nameOf,
  STATE_NAMES,
  type StateName,
  stateOf,
  WAYS,
} from '../support/sessionStates.ts';

type Snapshot = ReturnType<typeof initialTransition<typeof sessionMachine>>[0];

/** Steps the machine itself, without the memory that `step.ts` keeps. */
function told(events: readonly SessionEvent[], sleeps = true): Snapshot {
  let [snapshot] = initialTransition(sessionMachine, { sleeps });
  for (const event of events) [snapshot] = transition(sessionMachine, snapshot, event);
  return snapshot;
}

function step(from: Snapshot, event: SessionEvent): [state: string, ...effects: string[]] {
  const [next, actions] = transition(sessionMachine, from, event);
  return [stateOf(next), ...actions.map(({ type }) => type)];
}

/** Where an event leads from a confirmed, detached session that can sleep, and what it asks for. */
const TABLE: Readonly<Record<StateName, Readonly<Record<string, readonly string[]>>>> = {
  'initializing.building': {
    'session.built': ['initializing.handshaking', 'greet'],
    'session.ready': ['active', 'confirm', 'dispatchStash', 'watchQuiet'],
    'deadline.passed': ['closing.releasing', 'cut', 'release'],
    'session.crashed': ['closing.releasing', 'cut', 'release'],
    'session.crashed restart': ['closing.releasing', 'cut', 'release'],
    'session.close': ['closing.settling', 'settle'],
    'handshake.confirmed': ['initializing.building', 'confirm'],
  },
  'initializing.handshaking': {
    'handshake.answered': ['active', 'dispatchStash', 'watchQuiet'],
    'handshake.refused': ['closing.settling', 'settle'],
    'deadline.passed': ['closing.releasing', 'cut', 'release'],
    'session.crashed': ['closing.releasing', 'cut', 'release'],
    'session.crashed restart': ['closing.releasing', 'cut', 'release'],
    'session.close': ['closing.settling', 'settle'],
    'handshake.confirmed': ['initializing.handshaking', 'confirm'],
  },
  'initializing.waking': {
    'session.woken': ['active', 'dispatchStash', 'watchQuiet'],
    'deadline.passed': ['closing.releasing', 'cut', 'release'],
    'session.crashed': ['closing.releasing', 'cut', 'release'],
    'session.crashed restart': ['closing.releasing', 'cut', 'release'],
    'session.close': ['closing.settling', 'settle'],
  },
  active: {
    'session.quiet': ['idle.warm', 'disarm', 'armIdle'],
    'session.crashed': ['closing.releasing', 'disarm', 'cut', 'release'],
    'session.crashed restart': ['initializing.waking', 'disarm', 'abandon', 'rebuild'],
    'session.close': ['closing.settling', 'disarm', 'settle'],
  },
  'idle.warm': {
    'message.arrived': ['active', 'disarm', 'dispatchStash', 'watchQuiet'],
    'stream.attached': ['idle.warm', 'disarm', 'armIdle'],
    'stream.detached': ['idle.warm', 'disarm', 'armIdle'],
    'deadline.passed': ['idle.dozing', 'disarm', 'doze'],
    'session.crashed': ['closing.releasing', 'disarm', 'cut', 'release'],
    'session.crashed restart': ['initializing.waking', 'disarm', 'abandon', 'rebuild'],
    'session.close': ['closing.settling', 'disarm', 'settle'],
  },
  'idle.dozing': {
    'message.arrived': ['active', 'dispatchStash', 'watchQuiet'],
    'session.slept': ['idle.asleep', 'fallAsleep', 'armEvict'],
    'sleep.refused': ['idle.pinned', 'armEvict'],
    'session.crashed': ['closing.releasing', 'cut', 'release'],
    'session.crashed restart': ['initializing.waking', 'abandon', 'rebuild'],
    'session.close': ['closing.settling', 'settle'],
  },
  'idle.pinned': {
    'message.arrived': ['active', 'disarm', 'dispatchStash', 'watchQuiet'],
    'stream.attached': ['idle.pinned', 'disarm', 'armEvict'],
    'stream.detached': ['idle.pinned', 'armEvict'],
    'deadline.passed': ['closing.settling', 'disarm', 'settle'],
    'session.crashed': ['closing.releasing', 'disarm', 'cut', 'release'],
    'session.crashed restart': ['initializing.waking', 'disarm', 'abandon', 'rebuild'],
    'session.close': ['closing.settling', 'disarm', 'settle'],
  },
  'idle.asleep': {
    'message.arrived': ['initializing.waking', 'disarm', 'rebuild'],
    'stream.attached': ['idle.asleep', 'disarm'],
    'stream.detached': ['idle.asleep', 'armEvict'],
    'deadline.passed': ['closing.settling', 'disarm', 'settle'],
    'session.crashed': ['closing.releasing', 'disarm', 'cut', 'release'],
    'session.crashed restart': ['initializing.waking', 'disarm', 'abandon', 'rebuild'],
    'session.close': ['closing.settling', 'disarm', 'settle'],
  },
  'closing.settling': {
    'session.settled': ['closing.releasing', 'disarm', 'release'],
    'deadline.passed': ['closing.releasing', 'disarm', 'cut', 'release'],
    'session.crashed': ['closing.releasing', 'disarm', 'cut', 'release'],
    'session.crashed restart': ['closing.releasing', 'disarm', 'cut', 'release'],
  },
  'closing.releasing': { 'session.released': ['evicted', 'bury'] },
  evicted: {},
};

describe('sessionMachine', () => {
  it('begins by building, with nothing but its factory to run', () => {
    const [snapshot, actions] = initialTransition(sessionMachine, { sleeps: false });
    expect(stateOf(snapshot)).toBe('initializing.building');
    expect(actions.map(({ type }) => type)).toEqual(['build']);
    expect(snapshot.context).toEqual({
      attached: false,
      confirmed: false,
      sleeps: false,
      reason: null,
    });
  });

  describe.each(STATE_NAMES)('in %s', (name) => {
    const from = told(WAYS[name]);
    it.each(EVENTS.map((event) => [nameOf(event), event] as const))('hears %s', (label, event) => {
      expect(stateOf(from)).toBe(name);
      const row = TABLE[name];
      expect(step(from, event)).toEqual(row[label] ?? row[event.type] ?? [name]);
    });
  });

  const tags: Record<StateName, [Arrival, ...string[]]> = {
    'initializing.building': ['stash', 'accepting'],
    'initializing.handshaking': ['stash', 'accepting', 'resident'],
    'initializing.waking': ['stash', 'accepting'],
    active: ['dispatch', 'accepting', 'resident'],
    'idle.warm': ['activate', 'accepting', 'resident', 'warm'],
    'idle.dozing': ['activate', 'accepting', 'resident', 'dozing'],
    'idle.pinned': ['activate', 'accepting', 'resident'],
    'idle.asleep': ['activate', 'accepting', 'asleep'],
    'closing.settling': ['refuse', 'ending', 'settling'],
    'closing.releasing': ['refuse', 'ending'],
    evicted: ['refuse', 'ending'],
  };
  it.each(STATE_NAMES)('says by tags what %s does with an arrival', (name) => {
    const snapshot = told(WAYS[name]);
    expect(arrivalOf(snapshot)).toBe(tags[name][0]);
    expect([...snapshot.tags].toSorted()).toEqual(tags[name].toSorted());
  });

  it.each(END_REASONS)('keeps the reason %s to the end', (reason) => {
    const closing: SessionEvent[] = [...WAYS.active, { type: 'session.close', reason }];
    expect(told(closing).context.reason).toBe(reason);
    const end = told([...closing, { type: 'session.settled' }, { type: 'session.released' }]);
    expect([end.context.reason, end.status]).toEqual([reason, 'done']);
  });

  it('keeps its first reason when it is asked to end again, or crashes while it ends', () => {
    const end = told([
      ...WAYS['closing.settling'],
      { type: 'session.close', reason: 'capacity' },
      { type: 'session.crashed', restart: true },
    ]);
    expect([stateOf(end), end.context.reason]).toEqual(['closing.releasing', 'terminated']);
  });

  it.each([
    ['initializing.building', 'deadline.passed', 'handshake-timeout'],
    ['initializing.handshaking', 'deadline.passed', 'handshake-timeout'],
    ['initializing.waking', 'deadline.passed', 'handshake-timeout'],
    ['initializing.handshaking', 'handshake.refused', 'terminated'],
    ['initializing.building', 'session.crashed', 'crashed'],
    ['initializing.waking', 'session.crashed', 'crashed'],
    ['active', 'session.crashed', 'crashed'],
    ['idle.warm', 'session.crashed', 'crashed'],
    ['idle.asleep', 'session.crashed', 'crashed'],
    ['idle.asleep', 'deadline.passed', 'expired'],
    ['idle.pinned', 'deadline.passed', 'expired'],
  ] as const)('in %s gives %s the reason %s', (name, type, reason) => {
    const event: SessionEvent = type === 'session.crashed' ? { type, restart: false } : { type };
    expect(told([...WAYS[name], event]).context.reason).toBe(reason);
  });

  it('expires from idle.warm where sleep is off', () => {
    const warm = told(WAYS['idle.warm'], false);
    expect(step(warm, { type: 'deadline.passed' })).toEqual([
      'closing.settling',
      'disarm',
      'settle',
    ]);
    expect(told([...WAYS['idle.warm'], { type: 'deadline.passed' }], false).context.reason).toBe(
      'expired',
    );
  });

  it('never expires while attached: it sleeps, or where sleep is off it stays', () => {
    const attached: SessionEvent[] = [...WAYS['idle.warm'], { type: 'stream.attached' }];
    expect(step(told(attached, false), { type: 'deadline.passed' })).toEqual(['idle.warm']);
    const dozing: SessionEvent[] = [...attached, { type: 'deadline.passed' }];
    const asleep: SessionEvent[] = [...dozing, { type: 'session.slept' }];
    expect(stateOf(told(asleep))).toBe('idle.asleep');
    expect(step(told(asleep), { type: 'deadline.passed' })).toEqual(['idle.asleep']);
    expect(
      step(told([...asleep, { type: 'stream.detached' }]), { type: 'deadline.passed' })[0],
    ).toBe('closing.settling');
  });

  it.each(['active', 'idle.warm'])('in %s ends a handshake the client never confirmed', (name) => {
    const ways = WAYS[name as 'active'].filter(({ type }) => type !== 'handshake.confirmed');
    const end = told([...ways, { type: 'deadline.passed' }]);
    expect([stateOf(end), end.context.reason]).toEqual(['closing.settling', 'handshake-timeout']);
  });

  it('confirms a handshake once', () => {
    const unconfirmed = told([{ type: 'session.built' }, { type: 'handshake.answered' }]);
    expect(step(unconfirmed, { type: 'handshake.confirmed' })).toEqual(['active', 'confirm']);
    expect(step(told(WAYS.active), { type: 'handshake.confirmed' })).toEqual(['active']);
  });

  it('counts attached by the last word about streams, in every state but the last', () => {
    for (const name of STATE_NAMES) {
      const on = told([...WAYS[name], { type: 'stream.attached' }]);
      expect([name, on.context.attached]).toEqual([name, name !== 'evicted']);
      const off = told([...WAYS[name], { type: 'stream.attached' }, { type: 'stream.detached' }]);
      expect([name, off.context.attached]).toEqual([name, false]);
    }
  });
});
