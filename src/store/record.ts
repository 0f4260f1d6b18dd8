/** The rows of a session's event streams. */
export type Rows = readonly { readonly n: number; readonly row: string }[];

/** The params of a message. */
export type Params = Readonly<Record<string, unknown>>;

/** What is kept of a handshake; shared by all sessions of which it is the same. */
export interface HandshakeRecord {
  /** The params of `initialize`. */
  readonly initialize: Params;
  readonly protocolVersion: string | undefined;
  /** The client has said `notifications/initialized`; some go to work without it. */
  readonly initialized: boolean;
  /** The params of the last `logging/setLevel`. */
  readonly level: Params | undefined;
  /** The params of each `resources/subscribe` that holds. */
  readonly subscriptions: readonly Params[];
}

/** The form of the records this release writes; older ones are read, newer ones are not. */
export const RECORD_FORMAT = 1;

/**
 * What is left of a session whose server is released: enough to build another one that goes on.
 * One flat class, because there may be a million of them.
 */
export interface SessionRecord {
  readonly id: string;
  /** The loggable name: the same for as long as the session lives, in whichever process. */
  readonly key: string;
  readonly principal: string | undefined;
  /** The client has confirmed its handshake. */
  readonly confirmed: boolean;
  readonly handshake: HandshakeRecord;
  /** Of the last incarnation; the next one counts on from it. */
  readonly epoch: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** When the session ends unless it is used. */
  readonly expiresAt: number;
  /** The value of `session.state`, as `serialize` left it. */
  readonly state: unknown;
  /** Of the `stateVersion` it was written with. */
  readonly stateVersion: number;
  /** Values of `sessionLocal`s: by name, or in memory by the local itself. */
  readonly locals: ReadonlyMap<unknown, unknown> | undefined;
  /** What `onSleep` returned. */
  readonly kept: unknown;
  /** Methods of the questions that were open: nobody is left who would take their answers. */
  readonly asked: readonly string[];
  /** Written when it fell asleep; otherwise its server ran when this was written. */
  readonly asleep: boolean;
  /** The number of the last event of its GET stream. */
  readonly standalone: number;
}
