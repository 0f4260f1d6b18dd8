import { type Effects, LIFE_EFFECTS } from '../actor/effects.ts';
import type { HandleActor } from './handleActor.ts';

/** What a handle does for each effect its machine names. */
export const HANDLE_EFFECTS: Effects<HandleActor> = {
  ...LIFE_EFFECTS,
  build: (handle) => handle.open(),
  greet: () => {},
  rebuild: (handle) => handle.reopen(),
  bury(handle) {
    handle.bury();
    handle.kind.shared?.buried(handle);
  },
  abandon: (handle) => handle.later(handle.release(), () => {}),
  doze: ({ dormancy }) => dormancy.doze(),
  fallAsleep: (handle) => handle.fellAsleep(),

  dispatchStash(handle) {
    handle.activated();
    handle.startUses();
  },

  confirm(handle) {
    handle.confirmed();
    handle.persistence?.changed();
    handle.kind.opened(handle);
  },

  settle(handle) {
    handle.forget();
    handle.leave();
    handle.endUses('waiting');
    if (handle.references === 0) handle.tell({ type: 'session.settled' });
  },

  cut(handle) {
    handle.forget();
    handle.leave();
    handle.endUses('all');
  },

  release(handle) {
    handle.forget();
    handle.later(
      handle.end().catch((error: unknown) => handle.journal.orphan('handler', error)),
      () => handle.tell({ type: 'session.released' }),
    );
  },
};
