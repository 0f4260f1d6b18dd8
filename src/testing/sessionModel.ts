import type { Model, ModelEdge } from './model.ts';

const STATES = {
  none: 'The client has no session.',
  opened: '`initialize` is answered and not yet confirmed.',
  'opened.listening': 'The same, with a GET stream open already.',
  ready: 'In use, nothing in flight.',
  calling: 'A call is in flight: it keeps the session.',
  asked: 'A call is in flight whose server waits for an answer.',
  resting: 'Not used for a while, and not so long that it ends.',
  listening: 'A GET stream is open: it keeps the session.',
  'listening.calling': 'A GET stream is open and a call is in flight.',
  'listening.asked': 'The same, and its server waits for an answer.',
  'listening.resting': 'A GET stream is open, and nothing else happens.',
  deleted: 'Ended by its client. Its id is unknown from here on.',
  evicted: 'Ended by time or by its host. The same.',
} as const;

/** Where a session stands, as far as its client can tell. */
export type SessionState = keyof typeof STATES;

/** Features that not every server offers, or not every test controls. */
export type SessionFeature =
  | 'time' // time can be moved: `time`
  | 'expiry' // sessions that are not used end
  | 'listening' // GET streams
  | 'deletion' // sessions can be ended by DELETE
  | 'slow' // a tool that lasts until it is told to finish: `slow`
  | 'questions' // a tool that asks the client: `ask`
  | 'notices' // a tool that makes the server say something of itself: `notice`
  | 'instances' // a tool that tells one server instance from another: `instance`
  | 'principals' // credentials of another principal: `foreign`
  | 'eviction'; // the host can end a session: `evict`

/** Every event, and the features that it needs. */
const NEEDS = {
  initialize: [],
  'initialize.again': [],
  'initialize.claimed': [],
  initialized: [],
  ping: [],
  call: [],
  'call.pair': ['instances'],
  'call.begin': ['slow'],
  'call.finish': [],
  'call.cancel': [],
  'question.raise': ['questions'],
  'question.answer': [],
  'question.usurp': [],
  'stream.open': ['listening'],
  'stream.close': [],
  notice: ['notices'],
  'id.missing': [],
  'id.unknown': [],
  'id.foreign': ['principals'],
  'session.delete': ['deletion'],
  'session.evict': ['eviction'],
  'time.rest': ['time'],
  'time.expire': ['time', 'expiry'],
} as const satisfies Readonly<Record<string, readonly SessionFeature[]>>;

/** What a client does, what time does, and what the host of the server does. */
export type SessionStimulus = keyof typeof NEEDS;

/** What the client sees on the wire after an event. */
export type SessionExpectation =
  | 'opens' // 200, a result, and an id of the server's own making that nobody had before
  | 'accepted' // 202
  | 'answered' // 200 and exactly one answer, a result
  | 'answered-by-one' // 200 and one result to each of two calls, by one and the same instance
  | 'pending' // the call got to its handler and has no answer
  | 'finished' // the pending call has exactly one answer, a result, and its response is over
  | 'withdrawn' // the pending call has no answer, and its response is over
  | 'asked' // exactly one question came, and the call that asks has no answer
  | 'ignored' // an answer from another session changed nothing: the call still has none
  | 'streaming' // 200 and an event stream that stays open
  | 'told' // what the server says of itself came, on the GET stream, once
  | 'refused' // 400
  | 'unknown' // 404 and JSON-RPC error −32001, for POST, GET and DELETE alike
  | 'ends' // 200, 202 or 204, and every response that was open ends
  | 'cut' // every response that was open ends
  | 'nothing'; // nothing by itself: the assertions of the state hold

export type SessionModel = Model<SessionState, SessionStimulus, SessionExpectation>;
type Edge = ModelEdge<SessionState, SessionStimulus, SessionExpectation>;
type Row = readonly [SessionStimulus, SessionState, SessionExpectation];

/** Makes the edges that leave a state. */
function edgesOf(from: SessionState, rows: readonly Row[]): Edge[] {
  return rows.map(([event, to, expects]) => ({ from, event, to, expects, needs: NEEDS[event] }));
}

/** Adds the edges that every live session has; a row of the state's own comes first. */
function live(from: SessionState, own: readonly Row[]): Edge[] {
  return edgesOf(from, [
    ...own,
    ['initialize.again', from, 'refused'],
    ['id.foreign', from, 'unknown'],
    ['session.delete', 'deleted', 'ends'],
    ['session.evict', 'evicted', 'cut'],
  ]);
}

function over(from: SessionState): Edge[] {
  return edgesOf(from, [
    ['call', from, 'unknown'],
    ['stream.open', from, 'unknown'],
    ['session.delete', from, 'unknown'],
    ['initialize.again', 'opened', 'opens'],
  ]);
}

/**
 * The life of a session as any MCP server with sessions shows it on the wire (revisions 2025-03-26
 * to 2025-11-25). How a server keeps its sessions is not part of the model: a client does not see
 * whether an idle session sleeps, is stored or stays.
 */
export const sessionModel: SessionModel = {
  name: 'session',
  initial: 'none',
  // The keys are the states: nothing else is in the table.
  states: Object.entries(STATES).map(([name, description]) => ({
    name: name as SessionState,
    description,
  })),
  edges: [
    ...edgesOf('none', [
      ['initialize', 'opened', 'opens'],
      ['initialize.claimed', 'opened', 'opens'],
      ['id.missing', 'none', 'refused'],
      ['id.unknown', 'none', 'unknown'],
    ]),
    ...live('opened', [
      ['initialized', 'ready', 'accepted'],
      ['ping', 'opened', 'answered'],
      ['stream.open', 'opened.listening', 'streaming'],
      ['time.expire', 'evicted', 'nothing'],
    ]),
    ...live('opened.listening', [
      ['initialized', 'listening', 'accepted'],
      ['stream.close', 'opened', 'nothing'],
    ]),
    ...live('ready', [
      ['ping', 'ready', 'answered'],
      ['call', 'ready', 'answered'],
      ['call.pair', 'ready', 'answered-by-one'],
      ['id.missing', 'ready', 'refused'],
      ['id.unknown', 'ready', 'unknown'],
      ['call.begin', 'calling', 'pending'],
      ['question.raise', 'asked', 'asked'],
      ['stream.open', 'listening', 'streaming'],
      ['time.rest', 'resting', 'nothing'],
      ['time.expire', 'evicted', 'nothing'],
    ]),
    ...live('calling', [
      ['call', 'calling', 'answered'],
      ['call.finish', 'ready', 'finished'],
      ['call.cancel', 'ready', 'withdrawn'],
      ['stream.open', 'listening.calling', 'streaming'],
      ['time.rest', 'calling', 'nothing'],
      ['time.expire', 'calling', 'nothing'],
    ]),
    ...live('asked', [
      ['call', 'asked', 'answered'],
      ['question.usurp', 'asked', 'ignored'],
      ['question.answer', 'ready', 'finished'],
      ['call.cancel', 'ready', 'withdrawn'],
      ['stream.open', 'listening.asked', 'streaming'],
      ['time.rest', 'asked', 'nothing'],
      ['time.expire', 'asked', 'nothing'],
    ]),
    ...live('resting', [
      ['ping', 'resting', 'answered'],
      ['call', 'ready', 'answered'],
      ['call.pair', 'ready', 'answered-by-one'],
      ['call.begin', 'calling', 'pending'],
      ['question.raise', 'asked', 'asked'],
      ['stream.open', 'listening.resting', 'streaming'],
      ['time.rest', 'resting', 'nothing'],
      ['time.expire', 'evicted', 'nothing'],
    ]),
    ...live('listening', [
      ['call', 'listening', 'answered'],
      ['call.pair', 'listening', 'answered-by-one'],
      ['notice', 'listening', 'told'],
      ['call.begin', 'listening.calling', 'pending'],
      ['question.raise', 'listening.asked', 'asked'],
      ['stream.close', 'ready', 'nothing'],
      ['time.rest', 'listening.resting', 'nothing'],
      ['time.expire', 'listening.resting', 'nothing'],
    ]),
    ...live('listening.calling', [
      ['notice', 'listening.calling', 'told'],
      ['call.finish', 'listening', 'finished'],
      ['call.cancel', 'listening', 'withdrawn'],
      ['stream.close', 'calling', 'nothing'],
      ['time.expire', 'listening.calling', 'nothing'],
    ]),
    ...live('listening.asked', [
      ['question.usurp', 'listening.asked', 'ignored'],
      ['question.answer', 'listening', 'finished'],
      ['call.cancel', 'listening', 'withdrawn'],
      ['stream.close', 'asked', 'nothing'],
      ['time.expire', 'listening.asked', 'nothing'],
    ]),
    ...live('listening.resting', [
      ['call', 'listening', 'answered'],
      ['call.pair', 'listening', 'answered-by-one'],
      ['notice', 'listening', 'told'],
      ['call.begin', 'listening.calling', 'pending'],
      ['question.raise', 'listening.asked', 'asked'],
      ['stream.close', 'resting', 'nothing'],
      ['time.rest', 'listening.resting', 'nothing'],
      ['time.expire', 'listening.resting', 'nothing'],
    ]),
    ...over('deleted'),
    ...over('evicted'),
  ],
};
