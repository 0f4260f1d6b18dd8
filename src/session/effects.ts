import type { SessionEffect } from '../../machines/step.ts';
import type { SessionActor } from './sessionActor.ts';

/** What the effects named by a session's machine do. They run after their transition is committed. */
export const EFFECTS: Readonly<Record<SessionEffect, (session: SessionActor) => void>> = {
  build: (session) => session.incarnations.build(),
  greet: (session) => session.mailbox.dispatchFirst(),
  rebuild: (session) => session.rebuild(),
  abandon: (session) => session.abandon(),
  doze: (session) => session.keeping.doze(),
  fallAsleep: (session) => session.fallAsleep(),
  dispatchStash: (session) => session.dispatchStash(),
  watchQuiet: (session) => session.watchQuiet(),
  armIdle: (session) => session.rest(),
  armEvict: (session) => session.armEvict(),
  disarm: (session) => session.disarm(),
  confirm: (session) => session.confirmHandshake(),
  settle: (session) => session.settleWork(),
  cut: (session) => session.cut(),
  release: (session) => session.release(),
  bury: (session) => session.bury(),
};
