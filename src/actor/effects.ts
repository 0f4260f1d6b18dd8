import type { SessionEffect } from '../../machines/step.ts';
import type { Actor } from './actor.ts';

/** What each kind of actor does for each effect its machine names. */
export type Effects<A> = Readonly<Record<SessionEffect, (actor: A) => void>>;

/** Effects that are the same for every kind of actor. */
export const LIFE_EFFECTS = {
  watchQuiet: (actor) => actor.watchQuiet(),
  armIdle: (actor) => actor.armIdle(),
  armEvict: (actor) => actor.armEvict(),
  disarm: (actor) => actor.disarm(),
  confirm: (actor) => actor.confirmed(),
  bury: (actor) => actor.bury(),
} as const satisfies Partial<Effects<Actor>>;

/** Effects of an actor that has nothing to build, to store or to release: what a kind starts from. */
export const PLAIN_EFFECTS: Effects<Actor> = {
  ...LIFE_EFFECTS,
  build: (actor) => actor.tell({ type: 'session.ready' }),
  greet: () => {},
  dispatchStash: () => {},
  doze: (actor) => actor.tell({ type: 'session.slept' }),
  fallAsleep: (actor) => actor.giveUpPlace(),
  rebuild: (actor) => actor.tell({ type: 'session.woken' }),
  abandon: () => {},
  settle(actor) {
    actor.leave();
    actor.tell({ type: 'session.settled' });
  },
  cut: (actor) => actor.leave(),
  release: (actor) => actor.tell({ type: 'session.released' }),
};
