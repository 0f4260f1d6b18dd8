import { setup } from 'xstate';

/** One step of a plan. */
export const step = setup({
  types: { events: {} as { type: 'begun' } | { type: 'finished' } },
}).createMachine({
  id: 'step',
  initial: 'todo',
  states: {
    todo: { on: { begun: 'doing' } },
    doing: { on: { finished: 'done' } },
    done: { type: 'final' },
  },
});
