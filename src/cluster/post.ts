import type { Clock } from '../base/clock.ts';
import { MESSAGE_REFUSALS, type MessageRefusal, type Traffic } from '../events/clusterStats.ts';
import type { Incarnation } from './engine.ts';
import type { Frame } from './frame.ts';
import { decodeFrames, encodeFrame } from './frameCodec.ts';
import type { Link } from './link.ts';
import { MessageSeal, SEAL_BYTES } from './messageSeal.ts';
import { Outgoing } from './outgoing.ts';

export interface PostOptions {
  readonly link: Link;
  /** A name, which all nodes of a cluster share with no other cluster: the prefix of its keys. */
  readonly cluster: string;
  /** The first seals, all open. */
  readonly secrets: readonly [string, ...string[]];
  readonly clock: Clock;
  /** The incarnation in whose name frames are sent. */
  readonly self: () => Incarnation;
  /** Told of each message, or frame, that is refused: of another's, or of one's own. */
  readonly refused: (why: MessageRefusal) => void;
  /** Most bytes on their way to one node; more frames wait here for their turn. @default 4 MiB */
  readonly maxUnreadBytes?: number;
  /** Most bytes of one message, as it arrives and as it leaves. @default 64 MiB */
  readonly maxMessageBytes?: number;
}

export const POST_DEFAULTS = {
  maxUnreadBytes: 4 * 1024 * 1024,
  maxMessageBytes: 64 * 1024 * 1024,
} as const;

/** Hears what other nodes say. Must not throw. */
export type TakeFrame = (from: Incarnation, frame: Frame) => void;

/**
 * Carries frames between nodes over a {@link Link}: sealed, in order, each once or not at all. What is
 * said to one node in one turn of the event loop arrives in one message, all of it or nothing, up to
 * 256 KiB.
 */
export class Post {
  readonly #options: Required<PostOptions>;
  readonly #seal: MessageSeal;
  readonly #outgoing = new Map<Incarnation, Outgoing>();
  readonly #refused = Object.fromEntries(MESSAGE_REFUSALS.map((why) => [why, 0])) as Record<
    MessageRefusal,
    number
  >;
  #closed: Promise<void> | null = null;

  constructor(options: PostOptions) {
    this.#options = { ...POST_DEFAULTS, ...options };
    this.#seal = new MessageSeal(options.cluster, options.secrets);
  }

  /** Counts up whenever something that was said to this node may have been lost. */
  get generation(): number {
    return this.#options.link.generation;
  }

  /** How often something was refused, by the reason. */
  get refused(): Readonly<Record<MessageRefusal, number>> {
    return this.#refused;
  }

  /** What has gone each way. */
  get traffic(): readonly Traffic[] {
    return this.#options.link.traffic;
  }

  /**
   * Hears what is said to an incarnation, besides the ones that were named before.
   *
   * @throws ActorsError `store-unavailable` where the link can not be had
   */
  async listen(as: Incarnation, take: TakeFrame): Promise<void> {
    await this.#options.link.listen(as, (message) => this.#take(as, message, take));
  }

  /** Hears nothing more for an incarnation. */
  async deafen(as: Incarnation): Promise<void> {
    await this.#options.link.deafen(as);
  }

  /**
   * Sends a frame, behind all that was said to that node before.
   *
   * @returns how many have heard the frame: 0 also where the frame could not be sent; `undefined`: that
   * can not be known. Never rejects.
   */
  async post(to: Incarnation, frame: Frame): Promise<number | undefined> {
    if (this.#closed !== null) return 0;
    const bytes = this.#encoded(frame);
    return bytes === undefined ? 0 : await this.#to(to).add(bytes);
  }

  /** Bytes that were said to a node and are not there, as far as is known: on their way, or here. */
  unread(to: Incarnation): number {
    return (this.#outgoing.get(to)?.waiting ?? 0) + this.#options.link.unread(to);
  }

  /** Sends what was said, hears nothing any more, and closes the link. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all(Array.from(this.#outgoing.values(), (outgoing) => outgoing.empty()));
    await this.#options.link.close();
  }

  #to(to: Incarnation): Outgoing {
    let outgoing = this.#outgoing.get(to);
    if (outgoing === undefined) {
      const { link, clock, maxUnreadBytes } = this.#options;
      outgoing = new Outgoing({
        clock,
        hasRoom: () => link.unread(to) < maxUnreadBytes,
        send: (message) => link.send(to, this.#seal.seal(this.#options.self(), to, message)),
        emptied: () => this.#outgoing.delete(to),
      });
      this.#outgoing.set(to, outgoing);
    }
    return outgoing;
  }

  #encoded(frame: Frame): Buffer | undefined {
    try {
      const bytes = encodeFrame(frame);
      if (bytes.length + SEAL_BYTES < this.#options.maxMessageBytes) return bytes;
    } catch {
      // A value of the caller's that JSON does not have: it has no place in a frame.
    }
    this.#refuse('unsendable');
    return undefined;
  }

  #take(as: Incarnation, message: Buffer, take: TakeFrame): void {
    if (message.length > this.#options.maxMessageBytes) return this.#refuse('too-large');
    const opened = this.#seal.open(as, message);
    if (opened.is !== 'opened') return this.#refuse(opened.is);
    for (const frame of this.#decoded(opened.bytes)) take(opened.from, frame);
  }

  #decoded(bytes: Buffer): readonly Frame[] {
    try {
      return decodeFrames(bytes);
    } catch {
      this.#refuse('malformed');
      return [];
    }
  }

  #refuse(why: MessageRefusal): void {
    this.#refused[why]++;
    this.#options.refused(why);
  }
}
