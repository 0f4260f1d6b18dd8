import type { Traffic } from '../events/clusterStats.ts';
import type { Incarnation } from './engine.ts';

/**
 * The way of frames from node to node. Frames of one sender to one receiver arrive in order, and may be
 * lost: nothing is sent twice.
 */
export interface Link {
  /** Hears what is sent to an incarnation, besides the ones that were named before. */
  listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void>;
  /** Hears nothing more for an incarnation. */
  deafen(as: Incarnation): Promise<void>;
  /**
   * Sends a frame.
   *
   * @returns how many have heard the frame; `undefined`: that can not be known, for the way broke. Never
   * rejects.
   */
  send(to: Incarnation, frame: Buffer): Promise<number | undefined>;
  /** Counts up whenever something sent to this node may have been lost. */
  readonly generation: number;
  /** Bytes on their way to a node that have not left yet. */
  unread(to: Incarnation): number;
  /** What has gone each of the ways that the link takes, since the link was made. */
  readonly traffic: readonly Traffic[];
  close(): Promise<void>;
}
