import { type Incarnation } from '../../src/cluster/engine.ts';
import type { Frame } from '../../src/cluster/frame.ts';
import type { Mail } from '../../src/cluster/mail.ts';
import { turn } from '../support/eventually.ts';

/**
 * What becomes of a frame. `unsure`: it arrives, and its sender can not know. `sunk`: it was heard, and
 * lost with the connection of its receiver.
 */
export type Fate = 'arrives' | 'unheard' | 'unsure' | 'lost' | 'sunk';

export interface Sent {
  readonly from: Incarnation;
  readonly to: Incarnation;
  readonly frame: Frame;
}

type Take = (from: Incarnation, frame: Frame) => void;

/** Carries frames between nodes of one process, in order, as a test has it. */
export class PostOffice {
  readonly sent: Sent[] = [];
  /** What becomes of each frame. */
  fate: (sent: Sent) => Fate = () => 'arrives';
  readonly #inboxes = new Map<Incarnation, Inbox>();

  open(as: Incarnation, take: Take): Inbox {
    const inbox = new Inbox(take);
    this.#inboxes.set(as, inbox);
    return inbox;
  }

  /** Hears no more. */
  close(as: Incarnation): void {
    this.#inboxes.get(as)?.close();
    this.#inboxes.delete(as);
  }

  /** @param own names the sender, and knows its generation */
  mailOf(own: { readonly incarnation: Incarnation }): Mail & { generation: number } {
    return {
      generation: 0,
      post: (to, frame) => this.#post({ from: own.incarnation, to, frame }),
    };
  }

  /** Frames of a type that were sent. */
  of<T extends Frame['type']>(type: T): (Frame & { readonly type: T })[] {
    const isOne = (frame: Frame): frame is Frame & { readonly type: T } => frame.type === type;
    return this.sent.map(({ frame }) => frame).filter(isOne);
  }

  async #post(sent: Sent): Promise<number | undefined> {
    this.sent.push(sent);
    const fate = this.fate(sent);
    const inbox = this.#inboxes.get(sent.to);
    if (inbox === undefined) return fate === 'lost' || fate === 'unsure' ? undefined : 0;
    if (fate === 'arrives' || fate === 'unsure') inbox.put(sent);
    if (fate === 'sunk') inbox.onSunk();
    await turn();
    if (fate === 'lost' || fate === 'unsure') return undefined;
    return fate === 'unheard' ? 0 : 1;
  }
}

/** What has come for a node and was not taken yet. */
export class Inbox {
  readonly #take: Take;
  #waiting: Sent[] = [];
  #isPaused = false;
  #isDue = false;
  /** A frame for the node was lost. */
  onSunk: () => void = () => {};

  constructor(take: Take) {
    this.#take = take;
  }

  put(sent: Sent): void {
    this.#waiting.push(sent);
    this.#deliver();
  }

  /** The node's process is stopped. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#deliver();
  }

  close(): void {
    this.#isPaused = true;
    this.#waiting = [];
  }

  #deliver(): void {
    if (this.#isDue || this.#isPaused) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      while (!this.#isPaused && this.#waiting.length > 0) {
        const { from, frame } = this.#waiting.shift()!;
        this.#take(from, frame);
      }
    });
  }
}
