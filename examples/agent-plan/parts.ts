import { assign, sendTo, setup, spawnChild, stateIn } from 'xstate';
import { step } from './step.ts';

interface Context {
  names: string[];
  done: number;
}

/** The ids of steps are numbers of ours: the names are the model's. */
const present = ({ context }: { context: Context }) => `step-${context.done}`;

/** What the chart of a plan is made of. */
export const parts = setup({
  types: {
    context: {} as Context,
    events: {} as
      | { type: 'step.added'; name: string }
      | { type: 'plan.started' | 'step.finished' | 'plan.held' | 'plan.released' },
  },
  actors: { step },
  guards: {
    hasSteps: ({ context }) => context.names.length > 0,
    isTrusted: stateIn({ oversight: 'trusted' }),
    isLast: ({ context }) => context.done + 1 === context.names.length,
  },
  actions: {
    spawn: spawnChild('step', { id: ({ context }) => `step-${context.names.length}` }),
    name: assign({ names: ({ context }, name: string) => [...context.names, name] }),
    begin: sendTo(present, { type: 'begun' }),
    finish: sendTo(present, { type: 'finished' }),
    count: assign({ done: ({ context }) => context.done + 1 }),
  },
});
