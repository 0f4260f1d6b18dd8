import type { EventStore } from '../store/eventStore.ts';
import type { Services } from '../events/services.ts';
import type { Outlet, OutletPlace, StoredOutlets } from '../session/exchange.ts';
import type { ResponseMode } from './httpExchange.ts';
import { Outbox } from './outbox.ts';
import type { OutboxHost, OutboxShare } from './outboxHost.ts';
import { ReplayBudget } from './replayBudget.ts';
import { StreamTimers } from './streamTimers.ts';
import { UnreadBudget } from './unreadBudget.ts';

export interface HttpOutletsOptions {
  readonly responseMode: ResponseMode;
  /** Holds the events that the replay logs have dropped. */
  readonly eventStore?: EventStore;
}

/** Makes the outlets of sessions by Streamable HTTP: an outbox of event streams for each. */
export class HttpOutlets implements StoredOutlets<OutboxHost>, OutboxShare {
  readonly carrier = 'http';
  readonly hasId = true;
  readonly services: Services;
  readonly timers: StreamTimers;
  readonly unread: UnreadBudget;
  readonly replay: ReplayBudget;
  readonly responseMode: ResponseMode;
  readonly eventStore: EventStore | undefined;
  readonly departures = new Set<() => void>();

  constructor(services: Services, { responseMode, eventStore }: HttpOutletsOptions) {
    this.services = services;
    this.timers = new StreamTimers(services);
    this.unread = new UnreadBudget(services);
    this.replay = new ReplayBudget(services.limits);
    this.responseMode = responseMode;
    this.eventStore = eventStore;
  }

  open(session: OutboxHost, from?: OutletPlace): Outbox {
    const outbox = new Outbox(session, this);
    if (from !== undefined) outbox.restore(from);
    return outbox;
  }

  depart(): void {
    for (const depart of this.departures) depart();
    this.departures.clear();
  }

  /** The outbox of a session that was found by its id. */
  outboxOf({ outlet }: { readonly outlet: Outlet }): Outbox {
    // Only a session whose outlet is an outbox has an id to be found by.
    if (!(outlet instanceof Outbox)) throw new TypeError('a session by HTTP has an outbox');
    return outlet;
  }
}
