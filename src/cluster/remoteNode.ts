import type { Deadlines } from '../base/deadlines.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Incarnation } from './engine.ts';
import type { Mail } from './mail.ts';

/** What exchanges with other nodes need of their node. */
export interface RemoteNode {
  readonly mail: Mail;
  readonly deadlines: Deadlines;
  /** How often a node looks at leases: a third of one, in whole milliseconds. */
  readonly beatMs: number;
  /** The node's own incarnation of now. */
  readonly incarnation: Incarnation;
  /** The time of the engine, in milliseconds since the epoch. */
  engineNow(): number;
  /** A client was given an error. */
  refused(code: RefusalCode): void;
}
