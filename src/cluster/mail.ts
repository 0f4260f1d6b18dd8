import type { Incarnation } from './engine.ts';
import type { Frame } from './frame.ts';

/** Carries frames to other nodes, in order to each of them. A frame that was lost is not sent again. */
export interface Mail {
  /**
   * Sends a frame.
   *
   * @returns how many nodes have heard the frame; `undefined`: that can not be known. Never rejects.
   */
  post(to: Incarnation, frame: Frame): Promise<number | undefined>;
  /**
   * Counts up whenever something sent to this node may have been lost, and whenever the node goes on
   * as another incarnation.
   */
  readonly generation: number;
}
