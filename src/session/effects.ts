import { type Effects, LIFE_EFFECTS } from '../actor/effects.ts';
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

  abandon(session) {
    const { dormancy, incarnations, mailbox, outgoing } = session;
    dormancy.crashed(outgoing.methods);
    mailbox.cut('session-crashed', 'running', { reason: 'crashed' });
    session.later(incarnations.release(), () => {});
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
    const { openOutlet, reason } = session;
    leave(session);
    openOutlet?.retire(reason);
    // A client that left does not wait for what is in flight.
    cutOff(session, reason === 'disconnected' ? 'all' : 'waiting');
    session.drained();
  },

  cut(session) {
    leave(session);
    const cut = cutOff(session, 'all');
    for (let i = 0; i < cut; i++) session.journal.orphan('handler');
  },

  bury(session) {
    session.userActors?.leave();
    session.bury();
    session.world.home.buried(session);
  },

  release(session) {
    try {
      forget(session);
      session.outgoing.end();
      session.openOutlet?.close(session.reason);
    } finally {
      // Whatever a socket throws on its way out: a session that is not released never ends.
      session.later(released(session), () => session.tell({ type: 'session.released' }));
    }
  },
};

function leave(session: SessionActor): void {
  forget(session);
  session.leave();
}

/** The session ends: nothing of it may come back, unless another process goes on with it. */
function forget({ handshake, mailbox, openDormancy, persistence, reason }: SessionActor): void {
  openDormancy?.unpin();
  // The client knows the session, or may still hear of it.
  const mayComeBack = handshake.isAnswered || mailbox.references > 0;
  if (reason === 'drained' && mayComeBack) return;
  persistence?.forget();
}

/** The session leaves this process in a drain, and another one can go on with it. */
function goesOn({ handshake, persistence, reason }: SessionActor): boolean {
  return reason === 'drained' && handshake.isAnswered && persistence?.isKept === true;
}

/** What callers are told where the session goes on in another process. */
function goesOnElsewhere(session: SessionActor): 'session-restarted' | 'session-moved' | undefined {
  if (session.persistence?.isLost === true) return 'session-moved';
  return goesOn(session) ? 'session-restarted' : undefined;
}

/** Answers requests of a session that ends with an error each. @returns how many */
function cutOff(session: SessionActor, which: 'all' | 'waiting'): number {
  const { crashCode, mailbox, reason, services } = session;
  const code = reason === 'crashed' ? crashCode : 'session-ended';
  const elsewhere = goesOnElsewhere(session);
  const cut =
    elsewhere === undefined ? mailbox.cut(code, which, { reason }) : mailbox.cut(elsewhere, which);
  services.counters.cut += cut;
  return cut;
}

async function released(session: SessionActor): Promise<void> {
  await session.incarnations.release();
  if (!goesOn(session)) return;
  // Another process goes on with the session from what is stored here.
  if (!(await session.stored()) || !goesOn(session)) return;
  session.isKept = true;
  if (session.persistence?.isWhole === false) session.services.counters.incomplete++;
}
