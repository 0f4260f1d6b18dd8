import { outsideSessions } from '../base/asyncContext.ts';
import type { Incarnation } from '../cluster/engine.ts';
import type { Link } from '../cluster/link.ts';
import { WayTraffic } from '../cluster/wayTraffic.ts';
import type { Channel } from './channel.ts';
import type { Message } from './messages.ts';
import type { Questions } from './questions.ts';

/**
 * The way of frames from a worker to all others, by the first process. A channel that is gone does not
 * come back: its worker ends.
 */
export class IpcLink implements Link {
  readonly #channel: Channel;
  readonly #questions: Pick<Questions, 'ask'>;
  readonly #inboxes = new Map<Incarnation, (frame: Buffer) => void>();
  readonly #unread = new Map<Incarnation, number>();
  readonly #traffic = new WayTraffic('ipc');
  #isClosed = false;
  #generation = 0;

  constructor(channel: Channel, questions: Pick<Questions, 'ask'>) {
    this.#channel = channel;
    this.#questions = questions;
    channel.onMessage((message) => this.#take(message));
    channel.onGone(() => void this.#generation++);
  }

  get generation(): number {
    return this.#generation;
  }

  /** @throws ActorsError `store-unavailable` */
  async listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void> {
    if (this.#isClosed) return;
    this.#inboxes.set(as, take);
    await this.#questions.ask({ of: 'link', method: 'listen', args: [as] });
  }

  /** @throws ActorsError `store-unavailable` */
  async deafen(as: Incarnation): Promise<void> {
    this.#inboxes.delete(as);
    if (this.#isClosed) return;
    await this.#questions.ask({ of: 'link', method: 'deafen', args: [as] });
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    // What can not leave any more was heard by nobody.
    if (this.#isClosed || this.#channel.isGone) return 0;
    this.#traffic.bytesOut += frame.length;
    this.#count(to, frame.length);
    try {
      const heard = await this.#questions.ask(
        { of: 'link', method: 'send', args: [to, frame] },
        frame.length,
      );
      return typeof heard === 'number' ? heard : undefined;
    } catch {
      return undefined;
    } finally {
      this.#count(to, -frame.length);
    }
  }

  unread(to: Incarnation): number {
    return this.#unread.get(to) ?? 0;
  }

  get traffic(): readonly WayTraffic[] {
    return [this.#traffic];
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inboxes.clear();
    // A first process that is gone has hung up already.
    await this.#questions.ask({ of: 'link', method: 'close', args: [] }).catch(() => {});
  }

  #take(message: Message): void {
    if (message.type !== 'frame') return;
    const { to, frame } = message;
    this.#traffic.bytesIn += frame.length;
    outsideSessions(() => this.#inboxes.get(to)?.(frame));
  }

  #count(to: Incarnation, bytes: number): void {
    const unread = this.unread(to) + bytes;
    if (unread === 0) this.#unread.delete(to);
    else this.#unread.set(to, unread);
  }
}
