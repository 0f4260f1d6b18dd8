import { callMachine, nodeMachine, sessionMachine, supervisorMachine } from 'mcp-actors/machines';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine, fromPromise } from 'xstate';
import { plan } from '../../examples/agent-plan/machine.ts';
import { checkout } from '../../examples/checkout/machine.ts';
import { chartDefinition, type DefinedState } from '../../src/watch/chartDefinition.ts';
import { readDefinition } from '../../src/watch/inspector/chart/readDefinition.ts';
import { readMachine, type State } from '../../src/watch/inspector/chart/statechart.ts';

const odd = createMachine({
  id: 'odd',
  context: { secret: 'a word' },
  type: 'parallel',
  states: {
    one: {
      initial: 'a',
      onDone: '#last',
      states: {
        a: { on: { 'x.*': '.b', '*': { actions: () => {} } }, initial: 'b', states: { b: {} } },
        last: { id: 'last', type: 'final' },
        back: { type: 'history' },
      },
    },
    two: {
      initial: 'off',
      invoke: { src: fromPromise(async () => 'a word'), id: 'inline', onDone: { target: '.on' } },
      after: { 1000: '.on', 'half.an.hour': { target: '.on', guard: () => true } },
      states: { on: {}, off: { always: { target: 'on', guard: { type: 'isIt' } } } },
    },
  },
});

const MACHINES: Readonly<Record<string, AnyStateMachine>> = {
  session: sessionMachine,
  supervisor: supervisorMachine,
  call: callMachine,
  node: nodeMachine,
  checkout,
  plan,
  odd,
};

/** A state with its transitions in one order: a definition has each kind together. */
function sorted(state: State): object {
  const transitions = state.transitions.map((each) => JSON.stringify(each)).toSorted();
  return { ...state, transitions, children: state.children.map(sorted) };
}

describe('chartDefinition', () => {
  it.each(Object.entries(MACHINES))('is JSON of which the chart of %s is drawn', (_, machine) => {
    const text = JSON.stringify(chartDefinition(machine));
    const read = readDefinition(JSON.parse(text) as DefinedState);
    expect(sorted(read)).toEqual(sorted(readMachine(machine)));
  });

  it.each(Object.entries(MACHINES))('of %s is one that createMachine takes', (_, machine) => {
    const { states, id } = chartDefinition(machine);
    const again = createMachine(chartDefinition(machine) as never) as AnyStateMachine;
    expect([again.id, Object.keys(again.states)]).toEqual([id, Object.keys(states!)]);
  });

  it('has no context', () => {
    expect(JSON.stringify(chartDefinition(odd))).not.toContain('a word');
  });
});

describe('readDefinition', () => {
  it.each([
    ['a target that there is not', { on: { x: [{ target: ['#b'] }] } }, /no such state/],
    ['a name that is none', { on: { x: [{ guard: { type: 1 } }] } }, /no text/],
    ['lists that are none', { on: { x: 1 } }, /not a function/],
    ['states that are none', { states: { x: null } }, /null/],
  ])('refuses %s', (_, definition, why) => {
    expect(() => readDefinition({ id: 'a', ...definition } as never)).toThrow(why);
  });

  it('refuses states without end', () => {
    let deep: object = { id: 'x' };
    for (let n = 0; n < 100; n++) deep = { id: `x${n}`, states: { deep } };
    expect(() => readDefinition(deep as never)).toThrow('too deep');
  });
});
