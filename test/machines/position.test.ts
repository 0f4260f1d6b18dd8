import { describe, expect, it } from 'vitest';
import { assign, cancel, fromPromise, raise, sendTo, setup } from 'xstate';
import { chartOf } from '../../machines/chart.ts';
import { explore } from '../../machines/explore.ts';
import { begin, type Move, pass, type Position, settle, take } from '../../machines/position.ts';

let ran = 0;

const machine = setup({
  types: {
    context: {} as { rounds: number; result: string },
    events: {} as { type: 'go' } | { type: 'stop' } | { type: 'late' } | { type: 'told' },
  },
  actors: {
    fetch: fromPromise(async () => {
      ran++;
      return 'real';
    }),
  },
  guards: { isTired: ({ context }) => context.rounds > 1 },
  actions: { run: () => void ran++ },
  delays: { short: 100, long: ({ context }) => 1000 + context.rounds },
}).createMachine({
  id: 'm',
  context: { rounds: 0, result: '' },
  initial: 'idle',
  states: {
    idle: {
      entry: [
        'run',
        raise({ type: 'late' }, { delay: 'long', id: 'late' }),
        sendTo(({ self }) => self, { type: 'told' }, { delay: 500, id: 'told' }),
      ],
      always: { guard: 'isTired', target: 'tired' },
      on: {
        go: 'busy',
        stop: { actions: cancel('late') },
        late: 'tired',
        told: { actions: assign({ result: 'told' }) },
      },
    },
    busy: {
      after: { short: 'idle' },
      invoke: {
        src: 'fetch',
        onDone: {
          target: 'idle',
          actions: assign({
            rounds: ({ context }) => context.rounds + 1,
            result: ({ event }) => event.output,
          }),
        },
        onError: 'tired',
      },
    },
    tired: { type: 'final' },
  },
});

const value = ({ position }: Move): unknown => position.snapshot.value;
const due = ({ position }: Move): unknown =>
  position.delays.map(({ id, dueInMs }) => `${id.replace(/^xstate\.after\./, '')} ${dueInMs}`);
const chart = chartOf(machine);
const taken = ({ steps }: Move): unknown =>
  steps.flatMap(({ transitions }) => transitions.flatMap((each) => chart.transitions.get(each)));

describe('a position', () => {
  const first = begin(machine).position;

  it('has the delays that run, the next to be due first, and runs nothing', () => {
    expect(due({ position: first, steps: [] })).toEqual(['told 500', 'late 1000']);
    expect(due(take(first, { type: 'stop' }))).toEqual(['told 500']);
    const busy = take(first, { type: 'go' });
    expect([value(busy), due(busy)]).toEqual([
      'busy',
      ['short.m.busy 100', 'told 500', 'late 1000'],
    ]);
    expect(ran).toBe(0);
  });

  it('changes with time, in the order in which delays are due', () => {
    const later = pass(first, 600);
    expect(due(later)).toEqual(['late 400']);
    expect(later.position.snapshot.context).toMatchObject({ result: 'told' });
    const end = pass(later.position, 400);
    expect([value(end), due(end)]).toEqual(['tired', []]);
    expect(taken(pass(first, 1000))).toEqual(['idle -- told --> idle', 'idle -- late --> tired']);
  });

  it('goes on from an actor that has ended, each once', () => {
    const busy = take(first, { type: 'go' }).position;
    const done = settle(busy, { fetch: { output: 'made up' } });
    expect(value(done)).toBe('idle');
    expect(done.position.snapshot.context).toEqual({ rounds: 1, result: 'made up' });
    expect(taken(done)).toEqual(['busy -- fetch done --> idle']);
    expect(value(settle(busy, { fetch: { error: 'no' } }))).toBe('tired');
    expect(settle(busy, { other: { output: 1 } })).toEqual({ position: busy, steps: [] });
    const again = take(done.position, { type: 'go' }).position;
    const tired = settle(again, { fetch: { output: '' } });
    expect(value(tired)).toBe('tired');
    expect(taken(tired)).toEqual([
      'busy -- fetch done --> idle',
      'idle -- always [isTired] --> tired',
    ]);
  });
});

describe('chartOf', () => {
  it('names each innermost state and each transition once', () => {
    expect(chart.states).toEqual(['idle', 'busy', 'tired']);
    expect([...chart.transitions.values()]).toEqual([
      'idle -- go --> busy',
      'idle -- stop --> idle',
      'idle -- late --> tired',
      'idle -- told --> idle',
      'idle -- always [isTired] --> tired',
      'busy -- fetch done --> idle',
      'busy -- fetch failed --> tired',
      'busy -- after short --> idle',
    ]);
  });
});

describe('explore', () => {
  const explorer = {
    start: begin(machine).position,
    stimuliOf: () => ['go', 'stop'],
    move: (position: Position, type: string) => take(position, { type }),
    identify: ({ snapshot, delays }: Position) =>
      JSON.stringify([snapshot.value, snapshot.context, delays.map(({ id }) => id)]),
  };

  it('finds the positions that stimuli lead to, and how, until there are no more', () => {
    const { positions, edges, isWhole } = explore({ ...explorer, maxPositions: 100 });
    expect(positions.map(({ snapshot }) => snapshot.value)).toEqual([
      'idle',
      'busy',
      'idle',
      'busy',
    ]);
    expect(edges.map(({ from, stimulus, to }) => `${from} ${stimulus} ${to}`)).toEqual([
      '0 go 1',
      '0 stop 2',
      '1 go 1',
      '1 stop 1',
      '2 go 3',
      '2 stop 2',
      '3 go 3',
      '3 stop 3',
    ]);
    expect(isWhole).toBe(true);
  });

  it('looks no further than it is told', () => {
    const { positions, edges, isWhole } = explore({ ...explorer, maxPositions: 1 });
    expect([positions.length, edges.length, isWhole]).toEqual([3, 2, false]);
  });
});
