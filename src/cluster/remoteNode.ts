import type { Deadlines } from '../base/deadlines.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Incarnation } from './engine.ts';
import type { Mail } from './mail.ts';

/** What exchanges with other nodes need of their node. */
export interface RemoteNode {
  readonly mail: Mail;
  readonly deadlines: Deadlines;
  readonly leaseMs: number;
  /** The node's own incarnation of now. */
  readonly incarnation: Incarnation;
  /** The node's lease lasts, and its inbox hears. */
  readonly isLive: boolean;
  /** The time of the engine, in milliseconds since the epoch. */
  engineNow(): number;
  /** A client was given an error. */
  refused(code: RefusalCode): void;
}
