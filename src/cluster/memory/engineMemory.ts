import type { Clock } from '../../base/clock.ts';
import type { Beat, Incarnation, Member } from '../engine.ts';
import { MemorySpace, type MemorySpaceHost } from './memorySpace.ts';

/** How long it is known when a node died, for its sessions. */
const REMEMBERED_MS = 24 * 60 * 60_000;

interface Lease {
  readonly about: Buffer;
  /** When it began, or was renewed last. */
  readonly at: number;
  readonly until: number;
}

/** What an engine in this process knows: leases, and spaces. Each question is answered in one step. */
export class EngineMemory implements MemorySpaceHost {
  readonly server: string;
  readonly #clock: Pick<Clock, 'now'>;
  /** Also those that are over: until when a node lived is a matter of its sessions. */
  readonly #leases = new Map<Incarnation, Lease>();
  readonly #spaces = new Map<string | undefined, MemorySpace>();
  #since: number | undefined;

  /**
   * @param server by which name the memory answers
   * @param since when the memory was first seen, in milliseconds since the epoch: long ago, where no
   * other was before. The first beat, unless given.
   */
  constructor(clock: Pick<Clock, 'now'>, server: string, since?: number) {
    this.#clock = clock;
    this.server = server;
    this.#since = since;
  }

  now(): number {
    return this.#clock.now();
  }

  join(as: Incarnation, leaseMs: number, about: Buffer): Beat {
    const now = this.now();
    for (const [each, { until }] of this.#leases) {
      if (now - until > REMEMBERED_MS) this.#leases.delete(each);
    }
    this.#leases.set(as, { about, at: now, until: now + leaseMs });
    return this.#beat(true);
  }

  renew(as: Incarnation, leaseMs: number, about: Buffer): Beat {
    return this.leftMs(as) > 0 ? this.join(as, leaseMs, about) : this.#beat(false);
  }

  leave(as: Incarnation): void {
    this.#leases.delete(as);
  }

  /** The node is dead, as whoever has started it knows: its lease is over, and it was heard until now. */
  endLease(of: Incarnation): void {
    const lease = this.#leases.get(of);
    const now = this.now();
    if (lease !== undefined && lease.until > now) {
      this.#leases.set(of, { ...lease, at: now, until: now });
    }
  }

  leftMs(of: Incarnation): number {
    return Math.max((this.#leases.get(of)?.until ?? 0) - this.now(), 0);
  }

  lastBeat(of: Incarnation): Lease | undefined {
    return this.#leases.get(of);
  }

  members(): readonly Member[] {
    return Array.from(this.#leases, ([incarnation, { about }]) => ({ incarnation, about })).filter(
      ({ incarnation }) => this.leftMs(incarnation) > 0,
    );
  }

  space(name: string | undefined): MemorySpace {
    const space = this.#spaces.get(name) ?? new MemorySpace(this);
    this.#spaces.set(name, space);
    return space;
  }

  /** What the memory knows now, in one that answers by another name. */
  copy(server: string): EngineMemory {
    const copy = new EngineMemory(this.#clock, server);
    for (const [incarnation, lease] of this.#leases) copy.#leases.set(incarnation, lease);
    for (const [name, space] of this.#spaces) copy.#spaces.set(name, space.copy(copy));
    return copy;
  }

  #beat(isKept: boolean): Beat {
    const now = this.now();
    return { isKept, now, server: this.server, since: (this.#since ??= now) };
  }
}
