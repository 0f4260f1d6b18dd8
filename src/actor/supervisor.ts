import type { NoPlace } from './actor.ts';
import { initialTransition, transition } from 'xstate';
import type { EndReason } from '../../machines/session.ts';
import { type SupervisorEvent, supervisorMachine } from '../../machines/supervisor.ts';
import type { Actor, Overseer } from './actor.ts';
import { Services } from '../events/services.ts';
import { ActorsError } from '../base/errors.ts';
import type { Limits } from '../base/limits.ts';
import type { Settings } from '../options.ts';
import { count } from '../events/counters.ts';
import type { Message } from '../wire/jsonrpc.ts';

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** Idle sessions asked to make room for one more: those that can not now, can not a moment later. */
const MAX_LOOKS = 32;

/** What is left of a session that ended. */
interface Tombstone {
  readonly principal: string | undefined;
  readonly reason: EndReason;
  readonly at: number;
}

/** What `drain()` did. */
export interface DrainReport {
  /** Sessions there were when it began. */
  readonly sessions: number;
  /** Requests that were in flight and got their own answer. */
  readonly settled: number;
  /** Requests that were cut at the deadline and got an error. */
  readonly cut: number;
  /** Sessions that a durable store has kept for the next process. */
  readonly kept: number;
  readonly ms: number;
}

/**
 * The directory of a runtime's sessions, and who may become one. It never dies: a session that
 * fails is buried, and nobody else notices.
 */
export class Supervisor<A extends Actor> implements Overseer {
  readonly services: Services;
  #snapshot = initialTransition(supervisorMachine)[0];
  readonly #directory = new Map<string, A>();
  readonly #perPrincipal = new Map<string, Set<Actor>>();
  readonly #tombstones = new Map<string, Tombstone>();
  /** Sessions that hold a place: admitted and not ending. */
  #live = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(settings: Settings<unknown>) {
    this.services = new Services(settings);
  }

  get size(): number {
    return this.#directory.size;
  }

  get isAdmitting(): boolean {
    return this.#snapshot.hasTag('admitting');
  }

  /** A new session would have to wait for the place of another. */
  get isFull(): boolean {
    return this.#live >= this.services.settings.maxSessions;
  }

  /** Every session there is, the ending ones too. */
  sessions(): Iterable<A> {
    return this.#directory.values();
  }

  /**
   * A session by id, for its own principal only. Who asks with another's id can not tell it from
   * an unknown one (rows S3, S7).
   */
  find(id: string, principal: string | undefined): A | undefined {
    const session = this.#directory.get(id);
    if (session === undefined || session.principal !== principal) return undefined;
    return session.arrival === 'refuse' ? undefined : session;
  }

  /** A session of this id has ended here: whatever a store may still say of it. */
  wasEnded(id: string): boolean {
    const tombstone = this.#tombstones.get(this.services.digest(id));
    return tombstone !== undefined && tombstone.reason !== 'drained';
  }

  /** Why a session ended, for its own principal only. */
  reasonOf(id: string, principal: string | undefined): EndReason | undefined {
    const tombstone = this.#tombstones.get(this.services.digest(id));
    return tombstone?.principal === principal ? tombstone?.reason : undefined;
  }

  /**
   * Reserves a place before anything is built. At the cap the detached idle session that was used
   * longest ago makes room; work in flight and open streams never do.
   */
  admit(principal: string | undefined, create: (id: string) => A): A | NoPlace {
    const { settings, counters } = this.services;
    if (!this.isAdmitting) return 'draining';
    if (counters.handshakes >= settings.maxHandshakes) return this.#full('maxHandshakes');
    if (principal !== undefined) {
      const own = this.#perPrincipal.get(principal);
      if (own !== undefined && own.size >= settings.maxSessionsPerPrincipal) {
        this.#makeRoom(this.#idleFirst(own));
        if (own.size >= settings.maxSessionsPerPrincipal) {
          return this.#full('maxSessionsPerPrincipal');
        }
      }
    }
    if (!this.#hasRoom()) return this.#full('maxSessions');
    return this.#spawn(principal, create);
  }

  /** A sleeping session wakes: it needs a place as a new one does. */
  returning(session: Actor): NoPlace | undefined {
    if (!this.isAdmitting) return 'draining';
    if (!this.#hasRoom()) return this.#full('maxSessions');
    session.holdsPlace = true;
    this.#live++;
    if (!session.isConfirmed) this.services.counters.handshakes++;
    this.#list(session);
    return undefined;
  }

  /** A session that goes on from a record is in this process again, without a place yet. */
  recall(session: A): void {
    this.#directory.set(session.id, session);
  }

  /** A session goes on as a record. */
  dismiss(session: A): void {
    if (this.#directory.get(session.id) !== session) return;
    this.#directory.delete(session.id);
    if (this.#directory.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** The sessions of a principal in this process that are not ending. */
  of(principal: string): A[] {
    const own: A[] = [];
    for (const session of this.#directory.values()) {
      if (session.principal === principal && !session.snapshot.hasTag('ending')) own.push(session);
    }
    return own;
  }

  /** A session in this process, ending or not, whoever asks. */
  resident(id: string): A | undefined {
    return this.#directory.get(id);
  }

  /** An `initialize` larger than a session may keep. @param bytes 0 where it was never text */
  isTooLarge(initialize: Message, bytes: number): boolean {
    const size = bytes === 0 ? JSON.stringify(initialize).length : bytes;
    if (size <= this.services.settings.maxInitializeBytes) return false;
    this.#trip('maxInitializeBytes');
    return true;
  }

  /** A socket is open and will say `initialize`: an unfinished handshake without a session yet. */
  expect(): NoPlace | undefined {
    const { settings, counters } = this.services;
    if (!this.isAdmitting) return 'draining';
    if (counters.handshakes >= settings.maxHandshakes) return this.#full('maxHandshakes');
    counters.handshakes++;
    return undefined;
  }

  /** A handshake is complete. */
  confirmed(): void {
    this.services.counters.handshakes--;
  }

  /** A session gives up its place: it answers 404 from here on. */
  ending(session: Actor): void {
    if (!session.holdsPlace) return;
    session.holdsPlace = false;
    this.#live--;
    if (!session.isConfirmed) this.services.counters.handshakes--;
    const { principal } = session;
    if (principal === undefined) return;
    const own = this.#perPrincipal.get(principal);
    own?.delete(session);
    if (own?.size === 0) this.#perPrincipal.delete(principal);
  }

  /** A session is gone: a tombstone stays. */
  bury(session: Actor, reason: EndReason): void {
    const { events, counters, settings, digest } = this.services;
    if (this.#directory.get(session.id) !== session) return;
    this.#directory.delete(session.id);
    counters.evicted[reason]++;
    const now = settings.clock.now();
    this.#tombstones.set(digest(session.id), { principal: session.principal, reason, at: now });
    if (this.#tombstones.size > settings.maxHistory) {
      for (const oldest of this.#tombstones.keys()) {
        this.#tombstones.delete(oldest);
        break;
      }
    }
    events.emit('session.ended', { session: session.key, reason, ageMs: now - session.startedAt });
    if (this.#directory.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Refuses new sessions and ends the others; work in flight may finish until the deadline. */
  async drain(deadlineMs: number): Promise<DrainReport> {
    const { clock } = this.services.settings;
    const { counters } = this.services;
    const began = clock.now();
    const sessions = this.#directory.size;
    const inFlight = this.inFlight;
    const cutBefore = counters.cut;
    this.#tell({ type: 'supervisor.drain' });
    // Lines without a session yet: ending one takes it out of the queue.
    const { silent } = this.services;
    for (let line = silent.first(); line !== undefined; line = silent.first())
      line.close('drained');
    for (const session of this.#directory.values()) session.close('drained');
    if (this.#directory.size > 0) {
      const empty = new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
      const timer = clock.setTimeout(() => this.#cutAll(), deadlineMs);
      await empty;
      clock.clearTimeout(timer);
    }
    this.#tell({ type: 'supervisor.drained' });
    const cut = counters.cut - cutBefore;
    const { kept } = this.services;
    return { sessions, kept, settled: Math.max(inFlight - cut, 0), cut, ms: clock.now() - began };
  }

  /** Cuts whatever is left and stops the sweep. */
  async close(): Promise<void> {
    this.#tell({ type: 'supervisor.close' });
    await this.drain(0);
    await this.services.sleepers?.close();
    this.services.deadlines.stop();
  }

  get inFlight(): number {
    let sum = 0;
    for (const session of this.#directory.values()) sum += session.inFlight;
    return sum;
  }

  #tell(event: SupervisorEvent): void {
    const from = this.#snapshot.value;
    [this.#snapshot] = transition(supervisorMachine, this.#snapshot, event);
    const to = this.#snapshot.value;
    if (to === from) return;
    const at = this.services.settings.clock.now();
    this.services.events.emit('supervisor.transition', { at, event: event.type, from, to });
  }

  #cutAll(): void {
    for (const session of this.#directory.values()) {
      // Recalled by its own code meanwhile.
      if (!session.snapshot.hasTag('ending')) session.close('drained');
      session.tell({ type: 'deadline.passed' });
    }
  }

  #spawn(principal: string | undefined, create: (id: string) => A): A {
    const { settings, counters } = this.services;
    const id = settings.createId();
    // A taken id would hand one principal's session to another; others do not fit in a header.
    if (!VISIBLE_ASCII.test(id) || this.#directory.has(id)) {
      throw new ActorsError('bad-option', 'createId must return a new id of visible ASCII');
    }
    const session = create(id);
    this.#directory.set(session.id, session);
    session.holdsPlace = true;
    this.#live++;
    this.#list(session);
    counters.spawned++;
    counters.handshakes++;
    return session;
  }

  #list(session: Actor): void {
    const { principal } = session;
    if (principal === undefined) return;
    const own = this.#perPrincipal.get(principal);
    if (own === undefined) this.#perPrincipal.set(principal, new Set([session]));
    else own.add(session);
  }

  #hasRoom(): boolean {
    const { idle, evict, settings } = this.services;
    if (this.#live < settings.maxSessions) return true;
    return this.#makeRoom(idle.items()) || this.#makeRoom(evict.items());
  }

  /** Of those used longest ago, the first that can gives up its place. */
  #makeRoom(oldestFirst: Iterable<Actor>): boolean {
    let looks = 0;
    for (const session of oldestFirst) {
      if (session.holdsPlace && session.yieldPlace()) return true;
      if (++looks === MAX_LOOKS) return false;
    }
    return false;
  }

  /** One principal's idle sessions, those used longest ago first. */
  #idleFirst(own: Set<Actor>): Actor[] {
    const { idle, evict } = this.services;
    const since = (session: Actor): number | undefined =>
      idle.armedAt(session) ?? evict.armedAt(session);
    return [...own]
      .filter((session) => since(session) !== undefined)
      .toSorted((a, b) => since(a)! - since(b)!);
  }

  #full(limit: keyof Limits): NoPlace {
    this.#trip(limit);
    return 'at-capacity';
  }

  #trip(limit: keyof Limits): void {
    count(this.services.counters.limits, limit);
    this.services.events.emit('limit', { session: undefined, limit });
  }
}
