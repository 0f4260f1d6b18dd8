import { outsideSessions } from '../base/asyncContext.ts';
import type { Incarnation } from './engine.ts';
import type { Link } from './link.ts';
import { WayTraffic } from './wayTraffic.ts';

/** Runs a callback a moment later, and callbacks in the order in which they were given. */
export type Carry = (arrive: () => void) => void;

const soon: Carry = (arrive) => queueMicrotask(arrive);

/**
 * A place in memory where the nodes of one process hear each other, as they would by a server between
 * them: what is sent arrives at the hub, and then at its receiver. For tests, and for clusters that are
 * tried out.
 */
export class MemoryHub {
  readonly #links = new Set<MemoryLink>();
  readonly carry: Carry;

  /** @param carry how frames travel, to the hub and on from there; in microtasks, unless given */
  constructor(carry: Carry = soon) {
    this.carry = carry;
  }

  /** A link of one node. */
  connect(): MemoryLink {
    const link = new MemoryLink(this);
    this.#links.add(link);
    return link;
  }

  /** Hands on what has arrived at the hub. @returns how many hear the frame */
  pass(to: Incarnation, frame: Buffer): number {
    const listeners = [...this.#links].filter((link) => link.hears(to));
    for (const link of listeners) link.arrive(to, frame);
    return listeners.length;
  }

  leave(link: MemoryLink): void {
    this.#links.delete(link);
  }
}

/** The link of one node to a {@link MemoryHub}. */
export class MemoryLink implements Link {
  readonly #hub: MemoryHub;
  readonly #inboxes = new Map<Incarnation, (frame: Buffer) => void>();
  readonly #unread = new Map<Incarnation, number>();
  readonly #traffic = new WayTraffic('memory');
  /** Who waits for an answer of the hub, and gets none where the way breaks. */
  readonly #asking = new Set<() => void>();
  #isOpen = true;
  #isClosed = false;
  #generation = 0;

  constructor(hub: MemoryHub) {
    this.#hub = hub;
  }

  get generation(): number {
    return this.#generation;
  }

  async listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void> {
    if (!this.#isClosed) this.#inboxes.set(as, take);
    await this.#carried();
  }

  async deafen(as: Incarnation): Promise<void> {
    this.#inboxes.delete(as);
    await this.#carried();
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#isClosed) return 0;
    if (!this.#isOpen) return undefined;
    const sentIn = this.#generation;
    this.#traffic.bytesOut += frame.length;
    this.#count(to, frame.length);
    const heard = await new Promise<number | undefined>((resolve) => {
      const broke = (): void => resolve(undefined);
      this.#asking.add(broke);
      this.#hub.carry(() => {
        if (sentIn !== this.#generation) return;
        const count = this.#hub.pass(to, Buffer.from(frame));
        this.#hub.carry(() => {
          this.#asking.delete(broke);
          resolve(count);
        });
      });
    });
    this.#count(to, -frame.length);
    return heard;
  }

  unread(to: Incarnation): number {
    return this.#unread.get(to) ?? 0;
  }

  get traffic(): readonly WayTraffic[] {
    return [this.#traffic];
  }

  /** Loses the way to the hub, and what is on it in either direction. */
  break(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#lose();
  }

  /** Finds the way to the hub again. */
  mend(): void {
    if (this.#isOpen || this.#isClosed) return;
    this.#isOpen = true;
    // What was said meanwhile was heard by nobody: for this node that is lost, too.
    this.#generation++;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    this.#inboxes.clear();
    this.#hub.leave(this);
    this.#lose();
    await this.#carried();
  }

  /** Whether the hub would reach an incarnation here. */
  hears(as: Incarnation): boolean {
    return this.#isOpen && this.#inboxes.has(as);
  }

  /** Takes a frame that the hub has passed on. */
  arrive(as: Incarnation, frame: Buffer): void {
    const passedIn = this.#generation;
    this.#hub.carry(() => {
      if (passedIn !== this.#generation) return;
      this.#traffic.bytesIn += frame.length;
      // A frame that one session's code has sent is not heard as part of that session.
      outsideSessions(() => this.#inboxes.get(as)?.(frame));
    });
  }

  #lose(): void {
    this.#generation++;
    for (const broke of this.#asking) broke();
    this.#asking.clear();
  }

  #carried(): Promise<void> {
    return new Promise((resolve) => this.#hub.carry(resolve));
  }

  #count(to: Incarnation, bytes: number): void {
    const unread = this.unread(to) + bytes;
    if (unread === 0) this.#unread.delete(to);
    else this.#unread.set(to, unread);
  }
}
