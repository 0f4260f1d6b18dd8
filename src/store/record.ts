/** The rows of a session's event streams. */
export type Rows = readonly { readonly n: number; readonly row: string }[];

/** The params of a message. */
export type Params = Readonly<Record<string, unknown>>;

/** What a record keeps of a handshake; one object for all sessions that have the same. */
export interface HandshakeRecord {
  /** The params of `initialize`. */
  readonly initialize: Params;
  readonly protocolVersion: string | undefined;
  /** The client has said `notifications/initialized`; some clients go to work without it. */
  readonly initialized: boolean;
  /** The params of the last `logging/setLevel`. */
  readonly level: Params | undefined;
  /** The params of each `resources/subscribe` that is still in force. */
  readonly subscriptions: readonly Params[];
}

/** A delayed event of a stored actor. */
export interface TimerRecord {
  /** The actor that the delay belongs to: the ids that lead to it from the session's actor. */
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly event: unknown;
  /** The name by which the delay can be cancelled. */
  readonly id: string;
  /** When the event is due, in milliseconds since the epoch. */
  readonly at: number;
}

/** What is stored of one of a session's actors. */
export interface ActorRecord {
  /** XState's persisted snapshot. */
  readonly snapshot: unknown;
  readonly timers: readonly TimerRecord[];
}

/** What is stored of the actors that the user's code has in a session. */
export interface ActorsRecord {
  /** The record's `expiresAt` when it was made: all times move with it. */
  readonly base: number;
  /** The option `machine.version` with which the actors were stored. */
  readonly version: number;
  /** The actor of the option `machine`. */
  readonly main: ActorRecord | undefined;
  /** Those that were spawned, by their id. */
  readonly spawned: ReadonlyMap<string, ActorRecord> | undefined;
}

/** The format of the records this release writes. It reads older formats, and no newer ones. */
export const RECORD_FORMAT = 1;

/**
 * What is left of a session whose server is released: enough to build another server that goes on.
 * One flat object, because there may be a million of them.
 */
export interface SessionRecord {
  readonly id: string;
  /** The session's loggable name: the same for its whole life, in whichever process. */
  readonly key: string;
  readonly principal: string | undefined;
  /** What the session is of where no client named it; `undefined`: the protocol names the session. */
  readonly home?: string | undefined;
  /** The client has confirmed its handshake. */
  readonly confirmed: boolean;
  readonly handshake: HandshakeRecord;
  /** The number of the last incarnation; the next one counts on from it. */
  readonly epoch: number;
  /** When the session began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /**
   * When the session ends unless it is used, in milliseconds since the epoch; with `lastsMs`, when
   * it has something to do.
   */
  readonly expiresAt: number;
  /** How long after `expiresAt` the session ends, where an actor has a delayed event until then. */
  readonly lastsMs?: number | undefined;
  /** What the user's actors go on from. */
  readonly actors?: ActorsRecord | undefined;
  /** The value of `session.state`, as the option `state.encode` left it. */
  readonly state: unknown;
  /** The option `state.version` with which the state was written. */
  readonly stateVersion: number;
  /** Values of `sessionLocal`s: by name, or in memory, where there is none, by the local itself. */
  readonly locals: ReadonlyMap<unknown, unknown> | undefined;
  /** What `onSleep` returned when the session fell asleep. */
  readonly kept: unknown;
  /** Methods of the questions that were open: no server is left that would take their answers. */
  readonly asked: readonly string[];
  /** The record was written when the session fell asleep; otherwise while its server ran. */
  readonly asleep: boolean;
  /**
   * Behind which number the session's event streams go on: in memory, the highest of a stream or of an event of the
   * GET stream; in a durable store, the last one that a process has taken for itself.
   */
  readonly standalone: number;
}

/** Nobody shakes hands with what is no session. */
const NO_HANDSHAKE: HandshakeRecord = {
  initialize: {},
  protocolVersion: undefined,
  initialized: false,
  level: undefined,
  subscriptions: [],
};

/** When the session of a record ends unless it is used, in milliseconds since the epoch. */
export function endOf({
  expiresAt,
  lastsMs = 0,
}: Pick<SessionRecord, 'expiresAt' | 'lastsMs'>): number {
  return expiresAt + lastsMs;
}

/** The expiry of a record that is kept for ever: not every store takes `Infinity`. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** What is kept of something that is no session: `home` says what. */
export type Data = Pick<
  SessionRecord,
  'id' | 'key' | 'principal' | 'home' | 'startedAt' | 'expiresAt' | 'state'
> &
  Partial<SessionRecord>;

/** The record of something that is no session. */
export function dataRecord(data: Data): SessionRecord {
  return {
    confirmed: true,
    handshake: NO_HANDSHAKE,
    epoch: 1,
    stateVersion: 1,
    locals: undefined,
    kept: undefined,
    asked: [],
    asleep: false,
    standalone: 0,
    ...data,
  };
}
