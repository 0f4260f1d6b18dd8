import type { Incarnation } from '../../../src/cluster/engine.ts';
import type { Link } from '../../../src/cluster/link.ts';
import { outsideSessions } from '../../../src/base/asyncContext.ts';
import { Line, type LineHost } from './line.ts';

/** What passes frames on from node to node. */
export class Hub {
  readonly #subscribers = new Map<Incarnation, Set<SimLink>>();

  /** @returns how many hear the frame, as far as the hub knows */
  pass(to: Incarnation, frame: Buffer): number {
    const links = this.#subscribers.get(to) ?? new Set();
    for (const link of links) link.arrive(to, frame);
    return links.size;
  }

  subscribe(to: Incarnation, link: SimLink): void {
    let links = this.#subscribers.get(to);
    if (links === undefined) this.#subscribers.set(to, (links = new Set()));
    links.add(link);
  }

  unsubscribe(to: Incarnation, link: SimLink): void {
    this.#subscribers.get(to)?.delete(link);
  }

  leave(link: SimLink): void {
    for (const links of this.#subscribers.values()) links.delete(link);
  }
}

export interface SimLinkHost extends LineHost {
  readonly hub: Hub;
}

/** The link of one process: two connections, as to a Redis, one to send by and one to hear by. */
export class SimLink implements Link {
  /** By which frames are sent. */
  readonly sending: Line;
  /** By which frames are heard. */
  readonly hearing: Line;
  readonly #host: SimLinkHost;
  readonly #inboxes = new Map<Incarnation, (frame: Buffer) => void>();
  readonly #unread = new Map<Incarnation, number>();
  #generation = 0;
  #isClosed = false;

  constructor(host: SimLinkHost) {
    this.#host = host;
    this.sending = new Line(host, 'link', {});
    this.hearing = new Line(host, 'inbox', {
      broke: () => void this.#generation++,
      made: () => void this.#listenAgain(),
    });
  }

  get traffic(): [] {
    return [];
  }

  get generation(): number {
    return this.#generation;
  }

  async listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void> {
    this.#inboxes.set(as, take);
    await this.hearing.ask(() => this.#host.hub.subscribe(as, this));
  }

  async deafen(as: Incarnation): Promise<void> {
    this.#inboxes.delete(as);
    await this.hearing.ask(() => this.#host.hub.unsubscribe(as, this));
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#isClosed) return 0;
    this.#count(to, frame.length);
    try {
      return await this.sending.ask(() => this.#host.hub.pass(to, Buffer.from(frame)));
    } catch {
      return undefined;
    } finally {
      this.#count(to, -frame.length);
    }
  }

  unread(to: Incarnation): number {
    return this.#unread.get(to) ?? 0;
  }

  /** The hub has a frame for the process. */
  arrive(as: Incarnation, frame: Buffer): void {
    // A hub finds out late that a connection is gone: what it says there is heard by nobody.
    if (!this.hearing.isOpen) return;
    this.hearing.push(() => outsideSessions(() => this.#inboxes.get(as)?.(frame)));
  }

  /** Loses the connection by which frames are heard. @param lingersMs how soon the hub knows */
  deafenAll(lingersMs: number): void {
    if (!this.hearing.isOpen) return;
    const { hub, scheduler } = this.#host;
    this.hearing.break();
    if (lingersMs === 0) return hub.leave(this);
    scheduler.add(
      'hub finds a connection gone',
      () => {
        if (!this.hearing.isOpen) hub.leave(this);
      },
      scheduler.clock.now() + lingersMs,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.drop();
  }

  /** The process is gone, and its connections with it. */
  drop(): void {
    this.#host.hub.leave(this);
    this.sending.close();
    this.hearing.close();
  }

  async #listenAgain(): Promise<void> {
    const { hub } = this.#host;
    const inboxes = [...this.#inboxes.keys()];
    try {
      await this.hearing.ask(() => {
        hub.leave(this);
        for (const as of inboxes) hub.subscribe(as, this);
      });
      // What was said meanwhile was heard by nobody.
      this.#generation++;
    } catch {
      // The connection broke once more, and is made again.
    }
  }

  #count(to: Incarnation, bytes: number): void {
    const unread = this.unread(to) + bytes;
    if (unread === 0) this.#unread.delete(to);
    else this.#unread.set(to, unread);
  }
}
