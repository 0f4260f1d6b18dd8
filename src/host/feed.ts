import type { DeadlineQueue } from '../deadlines.ts';
import type { ResponsePort } from '../wire/port.ts';
import { STREAM_HEADERS } from '../wire/sse.ts';

/** Something a scope's own subscribers hear. */
export interface FeedEvent {
  /** Counts from 1, per scope. */
  readonly sequence: number;
  readonly at: number;
  readonly kind: string;
  readonly data: unknown;
}

export interface FeedBounds {
  readonly maxReplayEvents: number;
  readonly maxReplayBytes: number;
  readonly maxStreamBytes: number;
}

export type FeedListener = (event: FeedEvent) => void;

/**
 * What happens in one scope, for those who watch that scope: there is no feed of all scopes, so
 * nothing can be broadcast by mistake. The last events are kept, bounded by count and bytes, for a
 * subscriber that comes late or comes back.
 */
export class Feed {
  readonly #bounds: FeedBounds;
  readonly #keepAlive: DeadlineQueue<ResponsePort>;
  readonly #onChange: (subscribers: number) => void;
  readonly #listeners = new Set<FeedListener>();
  readonly #ports = new Set<ResponsePort>();
  #kept: { event: FeedEvent; bytes: number }[] = [];
  #bytes = 0;
  #sequence = 0;

  constructor(
    bounds: FeedBounds,
    keepAlive: DeadlineQueue<ResponsePort>,
    onChange: (subscribers: number) => void,
  ) {
    this.#bounds = bounds;
    this.#keepAlive = keepAlive;
    this.#onChange = onChange;
  }

  /** The last events, oldest first. */
  get events(): FeedEvent[] {
    return this.#kept.map(({ event }) => event);
  }

  get subscribers(): number {
    return this.#listeners.size;
  }

  publish(at: number, kind: string, data: unknown): void {
    const event = { sequence: ++this.#sequence, at, kind, data };
    this.#keep(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // A listener is the host application's; its failure is no reason to lose the others.
      }
    }
  }

  /** Hears what comes after `sequence`, kept events first; returns how to stop. */
  subscribe(listener: FeedListener, after = this.#sequence): () => void {
    for (const { event } of this.#kept) if (event.sequence > after) listener(event);
    this.#listeners.add(listener);
    this.#onChange(this.#listeners.size);
    return () => {
      if (this.#listeners.delete(listener)) this.#onChange(this.#listeners.size);
    };
  }

  /** Carries the feed on an event stream until either side ends it. */
  stream(port: ResponsePort, after: number | undefined): void {
    port.open(STREAM_HEADERS);
    port.write(': open\n\n');
    this.#ports.add(port);
    this.#keepAlive.arm(port);
    const stop = this.subscribe((event) => {
      if (port.unread > this.#bounds.maxStreamBytes) port.cut();
      else port.write(frameOf(event));
    }, after);
    port.whenGone(() => {
      stop();
      this.#ports.delete(port);
      this.#keepAlive.disarm(port);
    });
  }

  /** Ends every subscription. */
  close(): void {
    for (const port of this.#ports) port.end();
    this.#listeners.clear();
    this.#kept = [];
  }

  #keep(event: FeedEvent): void {
    const bytes = frameOf(event).length;
    this.#kept.push({ event, bytes });
    this.#bytes += bytes;
    const { maxReplayEvents, maxReplayBytes } = this.#bounds;
    while (this.#kept.length > maxReplayEvents || this.#bytes > maxReplayBytes) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.bytes;
    }
  }
}

function frameOf({ sequence, at, kind, data }: FeedEvent): string {
  return `id: ${sequence}\nevent: ${kind}\ndata: ${JSON.stringify({ at, data })}\n\n`;
}
