import type { Failure } from '../testing/report.ts';
import type { SessionExpectation, SessionStimulus } from '../testing/sessionModel.ts';

/** What a finding is worth: the revision demands it, or clients merely expect it. */
export type Level = 'MUST' | 'taste';

/** A sentence of the revision (2025-11-25), by where it stands. */
export interface Clause {
  readonly level: Level;
  readonly where: string;
  readonly says: string;
}

const clause = (level: Level, where: string, says: string): Clause => ({ level, where, says });

const SESSIONS = 'Transports, Session Management';
const SENDING = 'Transports, Sending Messages to the Server';
const LISTENING = 'Transports, Listening for Messages from the Server';

const ENDED = clause('MUST', SESSIONS, 'the id of a session that is over is answered with 404');

/** What each event is about, unless its expectation says more. */
const BY_EVENT: Partial<Record<SessionStimulus, Clause>> = {
  initialize: clause('MUST', SESSIONS, 'a session id is visible ASCII'),
  'initialize.claimed': clause('taste', SESSIONS, 'the id is the making of the server'),
  'initialize.again': clause('taste', 'Lifecycle', 'initialization is the first exchange'),
  initialized: clause('MUST', SENDING, 'a notification that is taken is answered with 202'),
  ping: clause('MUST', 'Utilities, Ping', 'a ping is answered with an empty result'),
  call: clause('MUST', SENDING, 'a request is answered, as JSON or on an event stream'),
  'call.cancel': clause('taste', 'Utilities, Cancellation', 'a cancelled call is not answered'),
  'id.missing': clause('taste', SESSIONS, 'a request without an id is answered with 400'),
  'id.unknown': ENDED,
  'id.foreign': clause('taste', 'Security, Session Hijacking', 'an id is bound to its user'),
  'question.usurp': clause('taste', 'Security, Session Hijacking', 'an answer comes from its user'),
  'stream.open': clause('MUST', LISTENING, 'a GET is an event stream, or answered with 405'),
  'stream.close': clause('taste', LISTENING, 'a client that leaves has not cancelled'),
  notice: clause('MUST', 'Transports, Multiple Connections', 'a message goes to one stream'),
  'session.delete': clause('MUST', SESSIONS, 'a session that its client ended is over'),
};

const BY_EXPECTATION: Partial<Record<SessionExpectation, Clause>> = { unknown: ENDED };

const OTHER = clause('taste', 'the model of a session', 'what clients of this library expect');

/** The sentence that a failure is about. */
export function clauseOf({ path, seen }: Failure): Clause {
  const edge = path.at(-1);
  if (edge === undefined) return OTHER;
  const found =
    BY_EXPECTATION[edge.expects as SessionExpectation] ??
    BY_EVENT[edge.event as SessionStimulus] ??
    OTHER;
  // The status is demanded; the code of the error in its body is custom.
  const isCustom = found === ENDED && seen.startsWith('404');
  return isCustom ? { ...found, level: 'taste', says: '404 says -32001 in its body' } : found;
}
