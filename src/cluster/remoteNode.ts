import type { Deadlines } from '../base/deadlines.ts';
import type { Forwarded } from '../directory/whereabouts.ts';
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
  /** Sessions that are nobody's may come to this node. */
  readonly hasRoom: boolean;
  /** The time of the engine, in milliseconds since the epoch. */
  engineNow(): number;
  /**
   * Counts what a request holds while another node has it: the request may have to be asked again.
   *
   * @returns ends the count, once; `undefined`: too much waits already
   */
  counts(request: Forwarded): (() => void) | undefined;
  /** A client was given an error. */
  refused(code: RefusalCode): void;
}
