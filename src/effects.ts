import { sessionMachine, type SessionActorRef } from '../machines/session.ts';
import type { SessionActor } from './actor.ts';

/** An effect a transition asked for. */
export type Effect = (session: SessionActor) => void;

const bound = new WeakMap<object, SessionActor>();

/** Says whose effects an actor's machine names. */
export function bindEffects(ref: SessionActorRef, session: SessionActor): void {
  bound.set(ref, session);
}

/**
 * The machine with its effects. XState runs actions in the middle of a transition, while the actor
 * still shows the state before it; so here they are only noted, and {@link runEffects} runs them
 * once the transition is committed.
 */
export const effectfulMachine = sessionMachine.provide({
  actions: {
    build: note((session) => session.incarnations.build()),
    greet: note((session) => session.mailbox.dispatchFirst()),
    rebuild: note((session) => session.rebuild()),
    abandon: note((session) => session.abandon()),
    dispatchStash: note((session) => session.dispatchStash()),
    watchQuiet: note((session) => session.services.quiet.arm(session)),
    armIdle: note((session) => session.armIdle()),
    disarm: note((session) => session.disarm()),
    confirm: note((session) => session.confirmHandshake()),
    settle: note((session) => session.settleWork()),
    cut: note((session) => session.cut()),
    release: note((session) => session.release()),
    bury: note((session) => session.bury()),
  },
});

function note(effect: Effect) {
  return ({ self }: { self: object }): void => {
    bound.get(self)?.effects.push(effect);
  };
}

/** Runs what the last transition asked for. One that throws crashes its session, and no other. */
export function runEffects(session: SessionActor): void {
  for (let effect = session.effects.shift(); effect; effect = session.effects.shift()) {
    try {
      effect(session);
    } catch (error) {
      session.crash(error);
    }
  }
}
