import { outsideSessions } from '../base/asyncContext.ts';
import type { Clock } from '../base/clock.ts';
import { laterTurn } from '../base/turns.ts';
import { joinFrames, MAX_FRAMES } from './frameCodec.ts';

/** Bytes of a message that gets no more frames. One frame may be longer. */
const FULL_BYTES = 256 * 1024;

/** What {@link Outgoing} needs of whoever sends. */
export interface OutgoingHost {
  readonly clock: Clock;
  /** One more message may be on its way. Asked when a turn ends, and when a message has arrived. */
  hasRoom(): boolean;
  /** Never rejects. */
  send(message: Buffer): Promise<number | undefined>;
  /** Nothing waits, and nothing is on its way. */
  emptied(): void;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly settle: (heard: number | undefined) => void;
}

/** The frames of this node to one other: gathered by turns of the event loop, and sent in order. */
export class Outgoing {
  readonly #host: OutgoingHost;
  #frames: Waiting[] = [];
  #waiting = 0;
  /** A turn that is gathered: what is said until its end goes out together. */
  #gathering: Promise<void> | null = null;
  readonly #sending = new Set<Promise<void>>();

  constructor(host: OutgoingHost) {
    this.#host = host;
  }

  /** Bytes of the frames that wait here. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @returns what came of the frame's message */
  add(bytes: Buffer): Promise<number | undefined> {
    this.#waiting += bytes.length;
    // No session's: whoever speaks first in a turn sends for all.
    this.#gathering ??= outsideSessions(() => this.#gather());
    return new Promise((settle) => this.#frames.push({ bytes, settle }));
  }

  /** Resolves when everything has been sent. */
  async empty(): Promise<void> {
    while (this.#gathering !== null || this.#sending.size > 0) {
      await this.#gathering;
      await Promise.all(this.#sending);
    }
  }

  async #gather(): Promise<void> {
    await laterTurn(this.#host.clock);
    this.#gathering = null;
    this.#pump();
  }

  #pump(): void {
    // While more is being said in this turn, its end comes soon.
    while (this.#gathering === null && this.#frames.length > 0 && this.#hasRoom()) {
      const sending = this.#send(this.#next()).finally(() => {
        this.#sending.delete(sending);
        this.#pump();
      });
      this.#sending.add(sending);
    }
    if (this.#frames.length === 0 && this.#sending.size === 0) this.#host.emptied();
  }

  /** What is alone goes, however long it is: nobody would make room for it. */
  #hasRoom(): boolean {
    return this.#sending.size === 0 || this.#host.hasRoom();
  }

  /** The frames of the next message. */
  #next(): readonly Waiting[] {
    let count = 0;
    let size = 0;
    for (const { bytes } of this.#frames) {
      if (count > 0 && (size + bytes.length > FULL_BYTES || count === MAX_FRAMES)) break;
      count++;
      size += bytes.length;
    }
    this.#waiting -= size;
    return this.#frames.splice(0, count);
  }

  async #send(frames: readonly Waiting[]): Promise<void> {
    const heard = await this.#host.send(joinFrames(frames.map(({ bytes }) => bytes)));
    for (const { settle } of frames) settle(heard);
  }
}
