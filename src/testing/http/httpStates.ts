import { Mismatch } from '../mismatch.ts';
import type { SessionState } from '../sessionModel.ts';
import { type Assertion, mustBePending } from './httpExpectations.ts';

const isThere: Assertion = (run) => run.mustBeThere();

/** What each state of the session model is on the wire, as long as the session is in it. */
export const HTTP_STATES: Readonly<Record<SessionState, Assertion>> = {
  none: ({ sessionId }) => {
    if (sessionId !== undefined) throw new Mismatch('no session', `the session ${sessionId}`);
  },
  opened: isThere,
  'opened.listening': all(isThere, mustHear(true)),
  ready: all(isThere, mustHear(false)),
  calling: all(isThere, mustBePending, mustHear(false)),
  asked: all(isThere, mustBePending, mustHear(false)),
  // No request is sent, because a request uses the session: the next event finds out.
  resting: mustHear(false),
  listening: all(isThere, mustHear(true)),
  'listening.calling': all(isThere, mustBePending, mustHear(true)),
  'listening.asked': all(isThere, mustBePending, mustHear(true)),
  'listening.resting': mustHear(true),
  deleted: (run) => run.mustBeOver(),
  evicted: (run) => run.mustBeOver(),
};

function all(...assertions: readonly Assertion[]): Assertion {
  return async (run) => {
    for (const assert of assertions) await assert(run);
  };
}

function mustHear(isOpen: boolean): Assertion {
  return ({ stream }) => {
    if ((stream?.isOpen ?? false) === isOpen) return;
    const expected = `the GET stream to be ${isOpen ? 'open' : 'closed'}`;
    throw new Mismatch(expected, stream?.describe() ?? 'none');
  };
}
