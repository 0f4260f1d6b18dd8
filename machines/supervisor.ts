import { type ActorRefFrom, setup } from 'xstate';

/** Everything a supervisor can be told. */
export type SupervisorEvent =
  | { type: 'supervisor.drain' }
  | { type: 'supervisor.drained' }
  | { type: 'supervisor.close' }
  | { type: 'xstate.error.actor.session' }
  | { type: 'xstate.done.actor.session' };

/**
 * The parent of all session actors: `accepting → draining → closed`.
 *
 * It keeps no list of its sessions (the directory is a Map beside it: spawning children in XState
 * copies all of them) and it never dies of one: the errors and ends of its children are heard here
 * and answered by doing nothing, because the runtime has already acted on them.
 */
export const supervisorMachine = setup({
  types: {
    events: {} as SupervisorEvent,
    tags: {} as 'admitting' | 'serving',
  },
}).createMachine({
  id: 'supervisor',
  description: 'Spawns, watches, drains and evicts the sessions of one runtime.',
  initial: 'accepting',
  on: {
    'xstate.error.actor.session': { description: 'A session failed. It ended alone.' },
    'xstate.done.actor.session': { description: 'A session ended.' },
  },
  states: {
    accepting: {
      description: 'New sessions are admitted within the caps.',
      tags: ['admitting', 'serving'],
      on: { 'supervisor.drain': 'draining', 'supervisor.close': 'closed' },
    },
    draining: {
      description: 'Not ready: new sessions get 503, work in flight finishes.',
      tags: 'serving',
      on: { 'supervisor.drained': 'closed', 'supervisor.close': 'closed' },
    },
    closed: {
      description: 'Nothing is left.',
    },
  },
});

export type SupervisorRef = ActorRefFrom<typeof supervisorMachine>;
