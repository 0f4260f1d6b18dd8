import type { Model, ModelEdge } from './model.ts';

/** Where a session stands, as far as its client can tell. */
export type SessionState =
  | 'none'
  | 'opened'
  | 'opened.listening'
  | 'ready'
  | 'calling'
  | 'asked'
  | 'resting'
  | 'listening'
  | 'listening.calling'
  | 'listening.asked'
  | 'listening.resting'
  | 'deleted'
  | 'evicted';

/** What a client does, what time does, and what the host of the server does. */
export type SessionStimulus =
  | 'initialize'
  | 'initialize.again'
  | 'initialize.claimed'
  | 'initialized'
  | 'ping'
  | 'call'
  | 'call.pair'
  | 'call.begin'
  | 'call.finish'
  | 'call.cancel'
  | 'question.raise'
  | 'question.answer'
  | 'question.usurp'
  | 'stream.open'
  | 'stream.close'
  | 'notice'
  | 'id.missing'
  | 'id.unknown'
  | 'id.foreign'
  | 'session.delete'
  | 'session.evict'
  | 'time.rest'
  | 'time.expire';

/** What the client sees on the wire after an event. */
export type SessionExpectation =
  /** 200, a result, and an id of the server's own making that nobody had before */
  | 'opens'
  /** 202 */
  | 'accepted'
  /** 200 and exactly one answer, a result */
  | 'answered'
  /** 200 and exactly one result to each of two calls, by one and the same server instance */
  | 'answered-by-one'
  /** the call got to its handler and has no answer */
  | 'pending'
  /** the call that was pending has exactly one answer, a result, and its response is over */
  | 'finished'
  /** the call that was pending has no answer, and its response is over */
  | 'withdrawn'
  /** exactly one question came, and the call that asks has no answer */
  | 'asked'
  /** an answer from another session changed nothing: the call still has none */
  | 'ignored'
  /** 200 and an event stream that stays open */
  | 'streaming'
  /** what the server says of itself came, on the GET stream, once */
  | 'told'
  /** 400 */
  | 'refused'
  /** 404 and JSON-RPC error −32001, for POST, GET and DELETE alike */
  | 'unknown'
  /** 200, 202 or 204, and every response that was open ends */
  | 'ends'
  /** every response that was open ends */
  | 'cut'
  /** nothing by itself: the assertions of the state hold */
  | 'nothing';

/** Features that not every server offers, or not every test controls. */
export type SessionFeature =
  /** time can be moved: `time` */
  | 'time'
  /** sessions that are not used end */
  | 'expiry'
  /** GET streams */
  | 'listening'
  /** sessions can be ended by DELETE */
  | 'deletion'
  /** a tool that lasts until it is told to finish: `slow` */
  | 'slow'
  /** a tool that asks the client: `ask` */
  | 'questions'
  /** a tool that makes the server say something of itself: `notice` */
  | 'notices'
  /** a tool that tells one server instance from another: `instance` */
  | 'instances'
  /** credentials of another principal: `foreign` */
  | 'principals'
  /** the host can end a session: `evict` */
  | 'eviction';

export type SessionModel = Model<SessionState, SessionStimulus, SessionExpectation>;
type Edge = ModelEdge<SessionState, SessionStimulus, SessionExpectation>;

const NEEDS: Readonly<Partial<Record<SessionStimulus, readonly SessionFeature[]>>> = {
  'call.pair': ['instances'],
  'call.begin': ['slow'],
  'question.raise': ['questions'],
  'stream.open': ['listening'],
  notice: ['notices'],
  'id.foreign': ['principals'],
  'session.delete': ['deletion'],
  'session.evict': ['eviction'],
  'time.rest': ['time'],
  'time.expire': ['time', 'expiry'],
};

/** Adds the edges that every live session has; a row of the state's own comes first. */
function live(
  from: SessionState,
  own: readonly [SessionStimulus, SessionState, SessionExpectation][],
): Edge[] {
  const rows: typeof own = [
    ...own,
    ['initialize.again', from, 'refused'],
    ['id.foreign', from, 'unknown'],
    ['session.delete', 'deleted', 'ends'],
    ['session.evict', 'evicted', 'cut'],
  ];
  return rows.map((row) => edge(from, ...row));
}

function edge(
  from: SessionState,
  event: SessionStimulus,
  to: SessionState,
  expects: SessionExpectation,
): Edge {
  return { from, event, to, expects, needs: NEEDS[event] ?? [] };
}

function over(from: SessionState): Edge[] {
  return [
    edge(from, 'call', from, 'unknown'),
    edge(from, 'stream.open', from, 'unknown'),
    edge(from, 'session.delete', from, 'unknown'),
    edge(from, 'initialize.again', 'opened', 'opens'),
  ];
}

/**
 * The life of a session as any MCP server with sessions shows it on the wire (revisions 2025-03-26
 * to 2025-11-25). How a server keeps its sessions is not part of the model: a client does not see
 * whether an idle session sleeps, is stored or stays.
 */
export const sessionModel: SessionModel = {
  name: 'session',
  initial: 'none',
  states: [
    { name: 'none', description: 'The client has no session.' },
    { name: 'opened', description: '`initialize` is answered and not yet confirmed.' },
    { name: 'opened.listening', description: 'The same, with a GET stream open already.' },
    { name: 'ready', description: 'In use, nothing in flight.' },
    { name: 'calling', description: 'A call is in flight: it keeps the session.' },
    { name: 'asked', description: 'A call is in flight whose server waits for an answer.' },
    { name: 'resting', description: 'Not used for a while, and not so long that it ends.' },
    { name: 'listening', description: 'A GET stream is open: it keeps the session.' },
    { name: 'listening.calling', description: 'A GET stream is open and a call is in flight.' },
    { name: 'listening.asked', description: 'The same, and its server waits for an answer.' },
    { name: 'listening.resting', description: 'A GET stream is open, and nothing else happens.' },
    { name: 'deleted', description: 'Ended by its client. Its id is unknown from here on.' },
    { name: 'evicted', description: 'Ended by time or by its host. The same.' },
  ],
  edges: [
    edge('none', 'initialize', 'opened', 'opens'),
    edge('none', 'initialize.claimed', 'opened', 'opens'),
    edge('none', 'id.missing', 'none', 'refused'),
    edge('none', 'id.unknown', 'none', 'unknown'),
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
