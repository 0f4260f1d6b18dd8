import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import {
  firstStep,
  nextStep,
  SESSION_EFFECTS,
  sessionMachine,
  sleepingStep,
} from '../../machines/index.ts';
import { EVENTS, nameOf, STATE_NAMES, stateOf, told, WAYS } from '../support/sessionStates.ts';

describe('firstStep', () => {
  it('is computed once, for those who sleep and for those who do not', () => {
    expect(firstStep(true)).toBe(firstStep(true));
    expect(firstStep(true)).not.toBe(firstStep(false));
  });
});

describe('sleepingStep', () => {
  it('is where a session is that fell asleep', () => {
    expect(sleepingStep(true).snapshot).toBe(told(WAYS['idle.asleep']));
  });

  it.each([true, false])(
    'waits for a message and does nothing, with confirmed: %s',
    (confirmed) => {
      const { snapshot, effects, path, arrival } = sleepingStep(confirmed);
      expect([effects, path, arrival]).toEqual([[], 'idle.asleep', 'activate']);
      expect(snapshot.context).toEqual({ attached: false, confirmed, sleeps: true, reason: null });
    },
  );

  it('is computed once', () => {
    expect(sleepingStep(true)).toBe(sleepingStep(true));
    expect(sleepingStep(true)).not.toBe(sleepingStep(false));
  });
});

describe('nextStep', () => {
  it.each([true, false])('steps as the machine itself does, with sleeps: %s', (sleeps) => {
    const first = initialTransition(sessionMachine, { sleeps });
    expect(firstStep(sleeps).effects).toEqual(first[1].map(({ type }) => type));
    for (const name of STATE_NAMES) {
      for (const event of EVENTS) {
        const from = told(WAYS[name], sleeps);
        const [next, actions] = transition(sessionMachine, from, event);
        const step = nextStep(from, event);
        const label = `${name} ${nameOf(event)}`;
        const effects = actions.map(({ type }) => type);
        const { snapshot, effects: named } = step;
        expect([label, stateOf(snapshot), snapshot.context, named]).toEqual([
          label,
          stateOf(next),
          next.context,
          effects,
        ]);
      }
    }
  });

  it('shares snapshots: sessions on the same way are in the very same one', () => {
    for (const name of STATE_NAMES) expect(told(WAYS[name])).toBe(told(WAYS[name]));
    const there = told([...WAYS.active, { type: 'stream.attached' }, { type: 'stream.detached' }]);
    expect(there).toBe(told(WAYS.active));
  });

  it('is computed once', () => {
    const quiet = { type: 'session.quiet' } as const;
    expect(nextStep(told(WAYS.active), quiet)).toBe(nextStep(told(WAYS.active), quiet));
  });

  it('keeps sessions that sleep apart from those that do not', () => {
    expect(told(WAYS['idle.warm'], true)).not.toBe(told(WAYS['idle.warm'], false));
  });

  it('keeps the variants of an event apart', () => {
    const active = told(WAYS.active);
    const steps = EVENTS.filter(({ type }) => type === 'session.close').map(
      (event) => nextStep(active, event).snapshot.context.reason,
    );
    expect(new Set(steps).size).toBe(steps.length);
    expect(stateOf(nextStep(active, { type: 'session.crashed', restart: true }).snapshot)).toBe(
      'initializing.waking',
    );
    expect(stateOf(nextStep(active, { type: 'session.crashed', restart: false }).snapshot)).toBe(
      'closing.releasing',
    );
  });

  it('names no effect that is not on the list, and each of the list somewhere', () => {
    const named = new Set<string>(firstStep(false).effects);
    for (const name of STATE_NAMES) {
      for (const ways of [
        WAYS[name],
        WAYS[name].filter(({ type }) => type !== 'handshake.confirmed'),
      ]) {
        for (const event of EVENTS) {
          for (const effect of nextStep(told(ways), event).effects) named.add(effect);
        }
      }
    }
    expect([...named].toSorted()).toEqual(SESSION_EFFECTS.toSorted());
  });
});
