import { describe, expect, it } from 'vitest';
import {
  and,
  type AnyStateMachine,
  assign,
  createMachine,
  enqueueActions,
  fromPromise,
  not,
  raise,
  setup,
  stateIn,
} from 'xstate';
import { type PossiblePosition, PossibleSteps } from '../../machines/possible.ts';

const never = (): never => {
  throw new Error('code of the machine runs');
};

/** A machine with much code of its own, none of which can run. */
const coded = setup({
  types: { input: {} as { from: string }, events: {} as { type: 'go'; how: string } },
  actors: { fetch: fromPromise(never) },
  guards: { isGood: never, isFast: never },
  actions: { write: never, note: assign(never) },
  delays: { soon: never },
}).createMachine({
  id: 'coded',
  context: never,
  initial: 'first',
  entry: 'write',
  states: {
    first: {
      exit: ['note', never],
      on: {
        go: [
          { guard: 'isGood', target: 'second', actions: 'write' },
          { guard: and(['isFast', not('isGood')]), target: 'third' },
        ],
      },
    },
    second: {
      invoke: { src: 'fetch', id: 'fetch', input: never, onDone: 'done', onError: 'third' },
      after: { soon: 'third' },
    },
    third: { always: { guard: () => never(), target: 'second' } },
    done: { type: 'final', output: never },
  },
  output: never,
});

function statesIn({ position }: PossiblePosition): string {
  return JSON.stringify(position.snapshot.value).replaceAll('"', '');
}

/** What an event may lead to from some states. */
function after(machine: AnyStateMachine, value: object | string, type: string) {
  const steps = new PossibleSteps(machine);
  const { positions, mayBeMore } = steps.after(steps.at(value as string), type);
  return { states: [...new Set(positions.map(statesIn))].toSorted(), mayBeMore };
}

const known = (...states: string[]) => ({ states, mayBeMore: false });

describe('PossibleSteps', () => {
  it('runs no code of the machine, and leaves the machine as it is', () => {
    const steps = new PossibleSteps(coded);
    expect(steps.beginnings().positions.map(statesIn)).toEqual(['first']);
    expect(after(coded, 'first', 'go')).toEqual(known('second', 'third'));
    expect(after(coded, 'second', 'xstate.done.actor.fetch')).toEqual(known('done'));
    expect(after(coded, 'second', 'xstate.error.actor.fetch')).toEqual(known('second', 'third'));
    expect(after(coded, 'second', 'xstate.after.soon.coded.second')).toEqual(
      known('second', 'third'),
    );
    expect(coded.root.states['first']!.exit).toHaveLength(2);
    expect(coded.config.states!.first!.exit).toHaveLength(2);
    expect(() => steps.at('nowhere')).toThrow('nowhere');
  });

  it('takes no step for an event that no state takes', () => {
    expect(after(coded, 'first', 'other')).toEqual(known());
    expect(after(coded, 'second', 'go')).toEqual(known());
  });

  it('asks guards that ask for states, alone and in others', () => {
    const machine = setup({ guards: { isGood: never } }).createMachine({
      id: 'both',
      type: 'parallel',
      states: {
        door: {
          initial: 'shut',
          states: {
            shut: {
              on: {
                push: { guard: and([stateIn({ lamp: 'lit' }), 'isGood']), target: 'open' },
                pull: { guard: not(stateIn({ lamp: 'lit' })), target: 'open' },
              },
            },
            open: {},
          },
        },
        lamp: { initial: 'dark', states: { dark: { on: { light: 'lit' } }, lit: {} } },
      },
    });
    const dark = { door: 'shut', lamp: 'dark' };
    const lit = { door: 'shut', lamp: 'lit' };
    expect(after(machine, dark, 'push')).toEqual(known());
    expect(after(machine, lit, 'push')).toEqual(known('{door:open,lamp:lit}'));
    expect(after(machine, dark, 'pull')).toEqual(known('{door:open,lamp:dark}'));
    expect(after(machine, lit, 'pull')).toEqual(known());
  });

  it('raises what a machine raises at once, and says where that is computed', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: {
          on: {
            go: { target: 'b', actions: raise({ type: 'next' }) },
            later: { target: 'b', actions: raise({ type: 'next' }, { delay: 10 }) },
            any: { target: 'b', actions: raise(() => ({ type: 'next' })) },
            some: { target: 'b', actions: enqueueActions(({ enqueue }) => enqueue('x')) },
          },
        },
        b: { on: { next: 'c' } },
        c: {},
      },
    });
    expect(after(machine, 'a', 'go')).toEqual(known('c'));
    expect(after(machine, 'a', 'later')).toEqual(known('b'));
    expect(after(machine, 'a', 'any')).toEqual({ states: [], mayBeMore: true });
    expect(after(machine, 'a', 'some')).toEqual({ states: [], mayBeMore: true });
  });

  it('knows where a history leads only from the beginning on', () => {
    const machine = createMachine({
      initial: 'work',
      states: {
        work: {
          initial: 'one',
          states: { one: { on: { next: 'two' } }, two: {}, again: { type: 'history' } },
          on: { stop: 'rest' },
        },
        rest: { on: { go: 'work.again' } },
      },
    });
    expect(after(machine, 'rest', 'go')).toEqual({ states: [], mayBeMore: true });
    const steps = new PossibleSteps(machine);
    let [at] = steps.beginnings().positions;
    for (const type of ['next', 'stop', 'go']) [at] = steps.after(at!, type).positions;
    expect(statesIn(at!)).toBe('{work:two}');
  });

  it('comes to an end where guards may send a machine in circles, or are very many', () => {
    const circle = createMachine({
      initial: 'a',
      states: {
        a: { on: { go: 'b' } },
        b: { always: { guard: never, target: 'c' } },
        c: { always: { guard: never, target: 'b' } },
      },
    });
    expect(after(circle, 'a', 'go')).toEqual({ states: ['b', 'c'], mayBeMore: true });
    const targets = Array.from({ length: 20 }, (_, n) => `s${n}`);
    const regions = Object.fromEntries(
      targets.map((name) => [
        name,
        { initial: 'a', states: { a: { on: { go: { guard: never, target: 'b' } } }, b: {} } },
      ]),
    );
    const wide = createMachine({ type: 'parallel', states: regions });
    const { states, mayBeMore } = after(wide, {}, 'go');
    expect(mayBeMore).toBe(true);
    expect(states.length).toBeGreaterThan(100);
  });
});
