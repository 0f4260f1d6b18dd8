import { assign, fromCallback, fromPromise, setup } from 'xstate';

/** A light that counts its changes, and goes out by itself after a while. */
export const light = setup({
  types: {
    context: {} as { changes: number },
    events: {} as { type: 'light.switched' } | { type: 'light.broken' } | { type: 'light.removed' },
  },
  actions: {
    count: assign({ changes: ({ context }) => context.changes + 1 }),
    fail: () => {
      throw new Error('broken');
    },
  },
  delays: { while: 10 * 60_000 },
}).createMachine({
  id: 'light',
  context: { changes: 0 },
  initial: 'off',
  on: { 'light.broken': { actions: 'fail' } },
  states: {
    off: {
      on: { 'light.switched': { target: 'on', actions: 'count' }, 'light.removed': 'removed' },
    },
    on: {
      on: { 'light.switched': { target: 'off', actions: 'count' } },
      after: { while: { target: 'off', actions: 'count' } },
    },
    removed: { type: 'final' },
  },
});

/** What a {@link worker} has running. */
export interface Work {
  /** Ends the promise. */
  finish?: (value: string) => void;
  fail?: (error: unknown) => void;
  started: number;
  /** How often the callback was cleaned up. */
  cleaned: number;
}

/** A machine that has a promise and a callback run, one after the other. */
export function worker(work: Work) {
  return setup({
    types: {
      context: {} as { result: string },
      events: {} as { type: 'work.begun' } | { type: 'work.watched' } | { type: 'work.over' },
    },
    actors: {
      fetch: fromPromise<string>(
        () =>
          new Promise((resolve, reject) => {
            work.started++;
            work.finish = resolve;
            work.fail = reject;
          }),
      ),
      watch: fromCallback(() => {
        work.started++;
        return () => void work.cleaned++;
      }),
    },
  }).createMachine({
    id: 'worker',
    context: { result: '' },
    initial: 'resting',
    states: {
      resting: { on: { 'work.begun': 'fetching', 'work.watched': 'watching' } },
      fetching: {
        invoke: {
          src: 'fetch',
          onDone: {
            target: 'resting',
            actions: assign({ result: ({ event }) => event.output }),
          },
        },
      },
      watching: { invoke: { src: 'watch' }, on: { 'work.over': 'resting' } },
    },
  });
}
