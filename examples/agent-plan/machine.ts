import { parts } from './parts.ts';
/** A plan whose steps are actors, and which its user may hold at any time. */
export const plan = parts.createMachine({
  id: 'plan',
  context: { names: [], done: 0 },
  type: 'parallel',
  states: {
    work: {
      initial: 'drafting',
      states: {
        drafting: {
          description: 'The plan is being written.',
          on: {
            'step.added': { actions: ['spawn', { type: 'name', params: (e) => e.event.name }] },
            'plan.started': { guard: 'hasSteps', target: 'running' },
          },
        },
        running: {
          description: 'A step is being done.',
          entry: 'begin',
          on: {
            'step.finished': { guard: 'isTrusted', actions: 'finish' },
            'xstate.done.actor.*': [
              { guard: 'isLast', target: 'finished', actions: 'count' },
              { target: 'running', reenter: true, actions: 'count' },
            ],
          },
        },
        finished: { description: 'All steps are done.' },
      },
    },
    oversight: {
      initial: 'trusted',
      states: {
        trusted: { on: { 'plan.held': 'held' } },
        held: { description: 'The user has put it on hold.', on: { 'plan.released': 'trusted' } },
      },
    },
  },
});
