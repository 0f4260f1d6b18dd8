import type { Actor } from '../actor/actor.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { ReplayBudget } from '../http/replayBudget.ts';
import { UnreadAccount } from '../http/unread.ts';
import type { UnreadBudget } from '../http/unreadBudget.ts';
import type { ResponsePort } from '../wire/port.ts';
import { STREAM_HEADERS } from '../wire/sse.ts';
import { KeptEvents, type ScopeEvent } from './keptEvents.ts';

type ScopeLife = Pick<Actor, 'key' | 'principal' | 'services' | 'now' | 'tell'>;

/** What the feeds of one host share. */
export interface FeedShare {
  readonly keepAlive: DeadlineQueue<ResponsePort>;
  /** What the readers of all scopes leave unread together. */
  readonly unread: UnreadBudget;
  /** What all scopes keep for subscribers that come late. */
  readonly replay: ReplayBudget;
}

interface Subscriber {
  readonly hear: (event: ScopeEvent, frame: string) => void;
  /** Number of the last event this subscriber has heard, or joined too late for. */
  order: number;
}

/** Names that a scope's own events may have in an event stream's `event` field. */
const KIND = /^[\w.:/-]{1,64}$/;

/**
 * Tells what happens in one scope to the subscribers of that scope. There is no feed of all scopes,
 * so nothing can be broadcast by mistake.
 */
export class Feed {
  readonly #life: ScopeLife;
  readonly #keepAlive: DeadlineQueue<ResponsePort>;
  readonly #unread: UnreadAccount;
  readonly #kept: KeptEvents;
  readonly #subscribers = new Set<Subscriber>();
  readonly #ports = new Set<ResponsePort>();
  readonly #pending: { event: ScopeEvent; frame: string; order: number }[] = [];
  #isDelivering = false;
  #isClosed = false;
  #order = 0;
  #sequence = 0;
  #attached = 0;

  constructor(life: ScopeLife, { keepAlive, unread, replay }: FeedShare) {
    this.#life = life;
    this.#keepAlive = keepAlive;
    this.#unread = new UnreadAccount(life.services, unread, life);
    this.#kept = new KeptEvents(life, replay);
  }

  /** The last events of the scope, oldest first. */
  get events(): ScopeEvent[] {
    return this.#kept.events;
  }

  /** How many event streams of the scope are open. */
  get streams(): number {
    return this.#ports.size;
  }

  /**
   * Tells every subscriber an event.
   *
   * @param passes the event is not kept for subscribers that come later
   * @throws ActorsError `bad-option` for a kind that can not name an event; TypeError for data that
   * JSON can not hold
   */
  publish(kind: string, data: unknown, passes = false): void {
    if (!KIND.test(kind)) {
      throw new ActorsError('bad-option', 'kind must be 1 to 64 of the characters A-Za-z0-9_.:/-');
    }
    if (this.#isClosed || (passes && this.#subscribers.size === 0)) return;
    const sequence = passes ? undefined : this.#sequence + 1;
    const event = { sequence, at: this.#life.now(), kind, data };
    const frame = this.#frame(event);
    if (sequence !== undefined) {
      this.#sequence = sequence;
      this.#kept.push(event, frame.length);
    }
    this.#pending.push({ event, frame, order: ++this.#order });
    this.#deliver();
  }

  /**
   * Lets a listener hear the scope's events.
   *
   * @param after the listener first hears the kept events after this sequence
   * @param attached the listener counts as a holder of the scope
   * @returns how to stop
   */
  subscribe(
    hear: Subscriber['hear'],
    { after, attached = false }: { after?: number | undefined; attached?: boolean } = {},
  ): () => void {
    if (this.#isClosed) return () => {};
    const subscriber = { hear, order: this.#order };
    this.#subscribers.add(subscriber);
    if (attached) this.#attach(1);
    if (after !== undefined) this.#replay(subscriber, after);
    return () => {
      if (this.#subscribers.delete(subscriber) && attached) this.#attach(-1);
    };
  }

  /**
   * Carries the feed on an event stream until the host or the client ends the stream.
   *
   * @param last the id of the last event the client has, from `Last-Event-ID`
   * @param greeting an event that a client which joins just now must have
   */
  stream(port: ResponsePort, last: string | undefined, greeting: () => [string, unknown]): void {
    const { counters, limits } = this.#life.services;
    port.open(STREAM_HEADERS);
    if (this.#isClosed) return port.end();
    port.write(`retry: ${limits.sseRetryMs}\n: open\n\n`);
    this.#ports.add(port);
    this.#unread.open(port);
    counters.streams++;
    this.#keepAlive.arm(port);
    const after = last === undefined ? undefined : this.#placeOf(last);
    if (after !== undefined && after < this.#kept.dropped) {
      port.write(this.#passing('missed', { events: this.#kept.dropped - after }));
    }
    const hear = (_event: ScopeEvent, frame: string): void => this.#write(port, frame);
    const stop = this.subscribe(hear, { after, attached: true });
    this.#write(port, this.#passing(...greeting()));
    port.whenGone(() => {
      stop();
      this.#ports.delete(port);
      counters.streams--;
      this.#keepAlive.disarm(port);
    });
  }

  /** Ends every subscription, and tells the subscribers why. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.publish('ended', { reason }, true);
    this.#isClosed = true;
    this.#kept.close();
    if (!this.#isDelivering) this.#end();
  }

  #end(): void {
    for (const port of this.#ports) {
      port.end();
      this.#unread.add(port);
    }
    this.#subscribers.clear();
    // What nobody reads must not outlive the scope for long.
    this.#unread.end();
  }

  /** Delivers one event after the other, also where a listener publishes: one order for all. */
  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const { event, frame, order } = next;
      for (const subscriber of this.#subscribers) {
        if (subscriber.order >= order) continue;
        subscriber.order = order;
        this.#tell(subscriber, event, frame);
      }
    }
    this.#isDelivering = false;
    // A listener closed the feed: the subscribers behind that listener still hear the end.
    if (this.#isClosed) this.#end();
  }

  #replay(subscriber: Subscriber, after: number): void {
    const wasDelivering = this.#isDelivering;
    // An event that a listener publishes during a replay waits until the replay is over.
    this.#isDelivering = true;
    for (const event of this.#kept.events) {
      if (!this.#subscribers.has(subscriber)) break;
      if (event.sequence! > after) this.#tell(subscriber, event, this.#frame(event));
    }
    this.#isDelivering = wasDelivering;
    this.#deliver();
  }

  /** Tells a listener of the application: its failure is no reason to lose the others. */
  #tell(subscriber: Subscriber, event: ScopeEvent, frame: string): void {
    try {
      subscriber.hear(event, frame);
    } catch (error) {
      this.#life.services.events.emit('observer.failed', { event: event.kind, error });
    }
  }

  #write(port: ResponsePort, frame: string): void {
    if (port.gone) return;
    if (port.unread <= this.#life.services.limits.maxStreamBytes) {
      port.write(frame);
      return this.#unread.wrote(port);
    }
    this.#life.services.tripped('maxStreamBytes', this.#life.key);
    port.cut();
  }

  #attach(delta: 1 | -1): void {
    this.#attached += delta;
    if (this.#attached !== Math.max(delta, 0)) return;
    this.#life.tell({ type: delta > 0 ? 'stream.attached' : 'stream.detached' });
  }

  /** The sequence of an event id; 0 for an id of another scope, or of a former one. */
  #placeOf(id: string): number {
    const prefix = `${this.#life.key}.`;
    const count = id.startsWith(prefix) ? id.slice(prefix.length) : '';
    const sequence = /^\d+$/.test(count) ? Number(count) : 0;
    return sequence <= this.#sequence ? sequence : 0;
  }

  #passing(kind: string, data: unknown): string {
    return this.#frame({ sequence: undefined, at: this.#life.now(), kind, data });
  }

  #frame({ sequence, at, kind, data }: ScopeEvent): string {
    const id = sequence === undefined ? '' : `id: ${this.#life.key}.${sequence}\n`;
    return `${id}event: ${kind}\ndata: ${JSON.stringify({ at, data })}\n\n`;
  }
}
