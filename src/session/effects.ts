import { type Effects, LIFE_EFFECTS } from '../actor/actor.ts';
import type { SessionActor } from './sessionActor.ts';

/** What a session does for each effect its machine names. */
export const SESSION_EFFECTS: Effects<SessionActor> = {
  ...LIFE_EFFECTS,

  build: ({ incarnations }) => incarnations.build(),

  greet: ({ mailbox }) => mailbox.dispatchFirst(),

  rebuild(session) {
    // No place is taken here: the caller that woke a sleeping session has taken one for it.
    session.lifetimes.handshake.arm(session);
    session.incarnations.rebuild();
  },

  abandon({ dormancy, incarnations, mailbox, outgoing }) {
    dormancy.crashed(outgoing.methods);
    mailbox.cut('session-crashed', 'running', { reason: 'crashed' });
    void incarnations.release();
  },

  doze: ({ dormancy }) => dormancy.doze(),

  fallAsleep(session) {
    session.giveUpPlace();
    session.dormancy.slept();
    session.later(session.incarnations.release(), () => session.passivate());
  },

  dispatchStash(session) {
    session.activated();
    if (session.isConfirmed) session.lifetimes.handshake.disarm(session);
    session.mailbox.dispatch();
  },

  armIdle(session) {
    session.mailbox.rest();
    session.journal.rest();
    session.armIdle();
  },

  confirm(session) {
    session.confirmed();
    session.stateChanged();
    session.outgoing.confirm();
  },

  settle(session) {
    const { mailbox, openOutlet, reason, services } = session;
    leave(session);
    openOutlet?.retire();
    // A client that left does not wait for what is in flight.
    const which = reason === 'disconnected' ? 'all' : 'waiting';
    services.counters.cut += mailbox.cut('session-ended', which, { reason });
    session.drained();
  },

  cut(session) {
    const { crashCode, journal, mailbox, reason, services } = session;
    leave(session);
    const code = reason === 'crashed' ? crashCode : 'session-ended';
    const cut = mailbox.cut(code, 'all', { reason });
    services.counters.cut += cut;
    for (let i = 0; i < cut; i++) journal.orphan('handler');
  },

  release(session) {
    try {
      session.outgoing.end();
      session.openOutlet?.close(session.reason);
    } finally {
      // Whatever a socket throws on its way out: a session that is not released never ends.
      session.later(released(session), () => session.tell({ type: 'session.released' }));
    }
  },
};

/** The session ends: nothing of it may come back, unless another process goes on with it. */
function leave(session: SessionActor): void {
  session.forget();
  session.leave();
}

async function released(session: SessionActor): Promise<void> {
  await session.incarnations.release();
  const goesOn = session.reason === 'drained' && session.persistence?.isUsed === true;
  // Another process goes on with the session from what is stored here.
  if (goesOn && (await session.stored())) session.services.counters.kept++;
}
