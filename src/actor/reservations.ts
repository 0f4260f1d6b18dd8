import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Limits } from '../base/limits.ts';
import type { Services } from '../events/services.ts';
import type { Actor, NoPlace } from './actor.ts';
import { type Pending, PendingTable } from './pendingTable.ts';

/** Why a connection waits no longer for its client to initialize. */
export type Lost = 'handshake-timeout' | 'drained' | 'capacity';

/** What a connection has while its client has not said `initialize`. */
export interface Reservation {
  /**
   * Goes over into an actor. Where that fails, the reservation stays until its holder gives it up.
   */
  use<A extends Actor>(admit: () => A | NoPlace): A | NoPlace;
  giveUp(): void;
}

/**
 * Connections whose client has not said `initialize`: open sockets, and no actors so far. They are
 * counted apart from handshakes, so that silence can not keep anybody from initializing elsewhere.
 */
export class Reservations {
  readonly #services: Services;
  readonly #table: PendingTable;
  readonly #waiting: DeadlineQueue<Reserved>;

  constructor(services: Services) {
    this.#services = services;
    this.#table = new PendingTable(services, {
      max: 'maxSilentConnections',
      perPrincipal: 'maxSilentConnectionsPerPrincipal',
      counter: 'silentConnections',
    });
    this.#waiting = services.deadlines.queue(services.limits.handshakeTimeoutMs, (each) =>
      each.lose('handshake-timeout'),
    );
  }

  /** @param onLost told when the connection waits no longer, unless its holder gave it up */
  reserve(principal: string | undefined, onLost: (how: Lost) => void): Reservation | NoPlace {
    if (this.#table.isShareUsed(principal))
      return this.#full('maxSilentConnectionsPerPrincipal', principal);
    if (!this.#table.makeRoom(principal)) return this.#full('maxSilentConnections');
    const reserved = new Reserved(principal, this.#waiting, this.#table, onLost);
    this.#table.add(reserved);
    this.#waiting.arm(reserved);
    return reserved;
  }

  /** Ends all reservations, because the runtime drains. */
  revoke(): void {
    const waiting = this.#waiting;
    for (let each = waiting.first(); each !== undefined; each = waiting.first()) {
      each.lose('drained');
    }
  }

  #full(limit: keyof Limits, whose?: string): NoPlace {
    this.#services.tripped(limit);
    return whose === undefined ? 'at-capacity' : 'quota-reached';
  }
}

class Reserved implements Reservation, Pending {
  readonly principal: string | undefined;
  readonly isWaiting = true;
  readonly #queue: DeadlineQueue<Reserved>;
  readonly #table: PendingTable;
  readonly #onLost: (how: Lost) => void;

  constructor(
    principal: string | undefined,
    queue: DeadlineQueue<Reserved>,
    table: PendingTable,
    onLost: (how: Lost) => void,
  ) {
    this.principal = principal;
    this.#queue = queue;
    this.#table = table;
    this.#onLost = onLost;
  }

  use<A extends Actor>(admit: () => A | NoPlace): A | NoPlace {
    this.#queue.disarm(this);
    const actor = admit();
    if (typeof actor === 'object') this.#table.delete(this);
    return actor;
  }

  giveUp(): void {
    this.#queue.disarm(this);
    this.#table.delete(this);
  }

  giveWay(): void {
    this.lose('capacity');
  }

  lose(how: Lost): void {
    this.giveUp();
    this.#onLost(how);
  }
}
