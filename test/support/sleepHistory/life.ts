import type { Heard } from './heard.ts';

/** A request its client has sent. */
export interface Call {
  readonly token: number;
  readonly id: string | number;
  readonly method: string;
  /** The process it was sent to. */
  readonly process: number;
  readonly at: number;
  /** The response, and whatever its client came back for. */
  readonly parts: Heard[];
  /** What was known of its session's end when it was sent. */
  readonly end: Life['end'];
  /** Tokens that were acknowledged before it was sent. */
  readonly known: ReadonlySet<number>;
  /** When it was sent; -1 where not all was well. */
  readonly weather: number;
  isCancelled: boolean;
  isSettled: boolean;
  /** Its process died before it was answered. */
  isKilled: boolean;
}

/** One session, as its client and its operator may expect it to be. */
export interface Life {
  readonly id: string;
  readonly user: string | undefined;
  key: string;
  /** Where its machine stands in the process there is. */
  path: string;
  /** The client knows its id. */
  isKnown: boolean;
  /** Its client has confirmed the handshake, or works; and was not refused. */
  isConfirmed: boolean;
  isHeard: boolean;
  /** When it last changed in a way that is stored a little later. */
  confirmedAt: number;
  attachedAt: number;
  /** Its process died before that was stored. */
  isDoubtful: boolean;
  /** `here`: in this process, its store may not know yet. `perhaps`: nobody knows. */
  end: 'here' | 'surely' | 'perhaps' | undefined;
  endedAt: number;
  /** The process that announced its end. */
  endedIn: number;
  /** Its record will be found corrupt, when it is read. */
  isDamaged: boolean;
  /** What may have ended it. */
  readonly causes: Set<string>;
  /** State: every token that may be there, those that were acknowledged, those that are stored. */
  readonly sent: Set<number>;
  readonly acked: Map<number, number>;
  readonly durable: Set<number>;
  /** Log levels that were asked for, and the last one that was acknowledged in this process. */
  readonly levels: number[];
  level: number;
  /** Resources of it that are not released. */
  owned: number;
  epoch: number;
  readonly epochs: Set<number>;
  /** Its last epoch may not have been stored. */
  isEpochLoose: boolean;
  lastUse: number;
  lastProcess: number;
  readonly calls: Call[];
  readonly streams: Heard[];
  /** Questions its client has seen: the id on the wire and what was asked. */
  readonly questions: Map<string | number, number>;
  /** Words its GET stream brought; `fresh` until its store has had the time to hear of it. */
  readonly told: Map<number, 'fresh' | 'stored' | 'perhaps'>;
  /** Words said to its GET stream while somebody read it: they must arrive. */
  readonly words: Set<number>;
}

export function newLife(id: string, user: string | undefined, key: string): Life {
  return {
    id,
    user,
    key,
    path: 'new',
    isKnown: false,
    isConfirmed: false,
    isHeard: false,
    confirmedAt: 0,
    attachedAt: 0,
    isDoubtful: false,
    end: undefined,
    endedAt: 0,
    endedIn: 0,
    isDamaged: false,
    causes: new Set(),
    sent: new Set(),
    acked: new Map(),
    durable: new Set(),
    levels: [],
    level: 0,
    owned: 0,
    epoch: 0,
    epochs: new Set(),
    isEpochLoose: false,
    lastUse: 0,
    lastProcess: 0,
    calls: [],
    streams: [],
    questions: new Map(),
    told: new Map(),
    words: new Set(),
  };
}
