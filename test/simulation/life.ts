import type { Response } from './heard.ts';
import type { Line } from './line.ts';

/** One request to a session, and whatever became of it. */
export interface Call {
  readonly nonce: number;
  readonly id: string | number;
  readonly kind: string;
  /** The process it was sent to. */
  readonly process: number;
  /** Its response, and those its client came back for. */
  readonly parts: { readonly response: Response; readonly line: Line }[];
  /** State tokens that were acknowledged before it was sent. */
  readonly known: readonly number[];
  /** What was known of its session's end when it was sent. */
  readonly wasOver: boolean;
  isCancelled: boolean;
  /** An answer was heard that a failing store may not have. */
  mayRepeat: boolean;
  /** Ids of the events that answered it; `whole` for an answer without an id. */
  readonly answers: Set<string>;
}

/** One session, as its client and its operator may expect it to be. */
export interface Life {
  readonly id: string;
  readonly user: string;
  /** No client named it: it is of the stateless revision. */
  readonly isHome: boolean;
  /** How payloads name it: no other session has that name, whatever its id. */
  readonly name: string;
  key: string;
  /** Its client has heard its id. */
  isKnown: boolean;
  isConfirmed: boolean;
  /** It ended, and whoever ended it was told so: it must never be served again. */
  isOver: boolean;
  /** Its end was announced in the process there is. */
  endedAt: number | undefined;
  /** Its store had trouble, or it is damaged: what it promised may be lost. */
  isLoose: boolean;
  /** State tokens that may be there, and those that an answer has shown. */
  readonly sent: Set<number>;
  readonly acked: Set<number>;
  /** The number of its last incarnation. */
  epoch: number;
  /** Incarnations that were released. */
  readonly released: Set<number>;
  readonly calls: Call[];
  readonly streams: { readonly response: Response; readonly line: Line }[];
  /** What its client was asked and has not answered. */
  readonly questions: (string | number)[];
}

/** Nobody may expect it to be there. */
export function isGone({ isOver, isLoose, endedAt }: Life): boolean {
  return isOver || isLoose || endedAt !== undefined;
}

/** @param name of a session that no client named: another one may have its id after it */
export function newLife(id: string, user: string, name?: string): Life {
  return {
    id,
    user,
    isHome: name !== undefined,
    name: name ?? id,
    key: '',
    isKnown: false,
    isConfirmed: false,
    isOver: false,
    endedAt: undefined,
    isLoose: false,
    sent: new Set(),
    acked: new Set(),
    epoch: 0,
    released: new Set(),
    calls: [],
    streams: [],
    questions: [],
  };
}
