import type { NotBegun } from '../events/clusterStats.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { Incarnation } from './engine.ts';

/** One exchange on its way: `<incarnation of the ingress>/<number>`. */
export type ExchangeId = string;

/** Why an owner has not begun an exchange, and will not. */
export type Nak = NotBegun;

/** What nodes say to each other. A node that does not know a type drops the frame. */
export type Frame =
  | {
      readonly type: 'req';
      readonly id: ExchangeId;
      /** The id of the session, or home of the stateless revision, that the exchange is for. */
      readonly session: string;
      /** Of what else the exchange is for: the part of the store that has it. */
      readonly space: string | undefined;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly url: string | undefined;
      /** As the ingress found it. */
      readonly principal: string | undefined;
      readonly authInfo: AuthInfo | undefined;
      /** Not to be begun after this time, in milliseconds since the epoch by the engine's clock. */
      readonly until: number;
      /** May be begun without a confirmed `ack`: the protocol calls its methods read-only. */
      readonly isSure: boolean;
      /** The receiver may claim the session where it is nobody's. */
      readonly takes: boolean;
      /** The sender would have the session, should it be nobody's. */
      readonly hasRoom: boolean;
      /** The sender has heard an `ack` of this exchange: whoever does not know it has lost it. */
      readonly isHeard: boolean;
      readonly body: string | undefined;
    }
  /** Accepted: begins now. */
  | { readonly type: 'ack'; readonly id: ExchangeId }
  | {
      readonly type: 'nak';
      readonly id: ExchangeId;
      readonly why: Nak;
      readonly owner: Incarnation | undefined;
    }
  /** The exchange was accepted, says its ingress, and the receiver knows nothing of it. */
  | { readonly type: 'lost'; readonly id: ExchangeId }
  /** A whole answer; with a `Content-Length`, its first part, and the others follow until `end`. */
  | {
      readonly type: 'send';
      readonly id: ExchangeId;
      readonly status: number;
      readonly headers: readonly string[];
      readonly body: string | undefined;
    }
  /** A stream begins, with its first words. */
  | {
      readonly type: 'open';
      readonly id: ExchangeId;
      readonly headers: readonly string[];
      readonly body: string;
    }
  /**
   * More of a stream, or of a whole answer that is long; `n` counts from 1 for each exchange. With an
   * empty body, `n` is how many there were so far: a receiver that has heard fewer has a gap.
   */
  | { readonly type: 'more'; readonly id: ExchangeId; readonly n: number; readonly body: string }
  /** @param n how many `more` there were */
  | { readonly type: 'end'; readonly id: ExchangeId; readonly n: number }
  | { readonly type: 'cut'; readonly id: ExchangeId }
  /** The client has taken so many bytes of the answer, all in all. */
  | { readonly type: 'taken'; readonly id: ExchangeId; readonly bytes: number }
  /** The client has left, or the sender knows nothing of the exchange. */
  | { readonly type: 'gone'; readonly id: ExchangeId }
  /** A session is nobody's from here on: whoever waits looks again. */
  | { readonly type: 'released'; readonly print: string }
  /** An operator's verb, and its answer. */
  | {
      readonly type: 'verb';
      readonly id: ExchangeId;
      readonly verb: string;
      readonly about: unknown;
    }
  | {
      readonly type: 'said';
      readonly id: ExchangeId;
      readonly answer: unknown;
      readonly error: string | undefined;
    }
  /** A node asks itself whether its inbox works. */
  | { readonly type: 'ping'; readonly n: number };

/** The frames of one type. */
export type FrameOf<T extends Frame['type']> = Extract<Frame, { readonly type: T }>;
