import {
  FIRST_NODE_STEP,
  nextNodeStep,
  type NodeEffect,
  type NodeEvent,
  type NodeState,
} from '../../machines/index.ts';
import { Deadlines } from '../base/deadlines.ts';
import type { Timed } from '../base/timetable.ts';
import { laterTurn } from '../base/turns.ts';
import type { Claim } from './claims.ts';
import { type Beat, bootOf, type Engine, type Incarnation } from './engine.ts';
import { EngineTime, type EngineTimeHost } from './engineTime.ts';
import { Heartbeat } from './heartbeat.ts';
import { Inbox } from './inbox.ts';
import { Lease, type Moment } from './lease.ts';
import { Membership, type MembershipHost } from './membership.ts';
import { Recovery, type RecoveryHost } from './recovery.ts';
import { Waits } from './waits.ts';

/** Beats within a lease. A ping is to be answered before the next beat. */
const BEATS = 3;
/** Beats within a lease while the node does not serve, or can not ask its engine. */
const TRIES = 10;

export interface NodeOptions {
  /** How long the engine keeps a lease that is not renewed, in milliseconds. */
  readonly leaseMs: number;
  /** How long a request waits for a node that is suspended, in milliseconds. */
  readonly suspendMs: number;
}

/** What a node needs of its cluster. */
export interface NodeHost extends EngineTimeHost, MembershipHost {
  readonly engine: Pick<Engine, 'join' | 'renew' | 'leave' | 'space' | 'onReconnect'>;
  /** Sends `{ type: 'ping', n }`; where the frame arrives, {@link Node.heard} is called. */
  ping(to: Incarnation, n: number): void;
  /** Everything that the node owns, what is in use first. */
  owned(): Iterable<Claim>;
  /** The claim is another's: what it was for leaves this process, in this turn. */
  lose(claim: Claim): void;
  /** The engine has less than was written by the claim: record and rows are written again. */
  restow(claim: Claim): void;
  /** The engine was told of a claim again, and has it. */
  reasserted(): void;
  /** The node is in another state. @param why the event that led there */
  changed(state: NodeState, why: NodeEvent['type']): void;
  /** The engine or the link failed. The node tries again by itself. */
  failed(error: unknown): void;
}

/**
 * The life of one process in a cluster: keeps a lease, asserts what the process owns whenever the engine
 * may have forgotten, and says at each moment whether the process may serve.
 *
 * Beat, loss and reconnect take turns, so that two recoveries can not meet.
 */
export class Node {
  readonly #host: NodeHost;
  readonly #leaseMs: number;
  readonly #deadlines: Deadlines;
  readonly #lease: Lease;
  readonly #time: EngineTime;
  readonly #inbox: Inbox;
  readonly #membership: Membership;
  readonly #heartbeat: Heartbeat;
  readonly #waits: Waits;
  readonly #effects: Readonly<Record<NodeEffect, () => void>>;
  #step = FIRST_NODE_STEP;
  /** `null`: everything owned was asserted. */
  #recovery: Recovery | null;
  #generation = 0;
  /** When the lease ends by the clock. */
  #lapse: Timed | undefined;
  #parted: Promise<void> = Promise.resolve();

  constructor(host: NodeHost, { leaseMs, suspendMs }: NodeOptions) {
    const { clock } = host;
    const failed = (error: unknown): void => host.failed(error);
    const deadlines = new Deadlines(clock, failed);
    const lease = new Lease(host, leaseMs);
    const inbox = new Inbox(
      { clock, ping: (n) => host.ping(this.incarnation, n) },
      leaseMs / BEATS,
    );
    const heartbeat = new Heartbeat(
      {
        clock,
        deadlines,
        failed,
        beat: () => this.#beat(),
        beaten: (hasFailed) => this.#beaten(hasFailed),
      },
      leaseMs,
    );
    this.#host = host;
    this.#leaseMs = leaseMs;
    this.#deadlines = deadlines;
    this.#lease = lease;
    this.#inbox = inbox;
    this.#heartbeat = heartbeat;
    this.#time = new EngineTime(host, leaseMs);
    this.#waits = new Waits(deadlines.queue(suspendMs, (giveUp) => giveUp()));
    this.#membership = new Membership(host, {
      leaseMs,
      lease,
      inbox,
      ask: (question) => heartbeat.ask(question),
      got: (beat, asked) => this.#got(beat, asked),
    });
    this.#recovery = new Recovery(this.#recoveryHost());
    this.#effects = {
      reincarnate: () => this.#membership.reincarnate(),
      doubt: () => this.#doubt(),
      beat: () => heartbeat.beat(),
      serve: () => this.#waits.look(),
      part: () => this.#part(),
    };
  }

  // ---- what the node is

  /** The incarnation by which the node claims and writes. */
  get incarnation(): Incarnation {
    return this.#membership.incarnation;
  }

  get state(): NodeState {
    return this.#step.state;
  }

  /** Counts up whenever answers to what was asked before count for nothing. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether an incarnation is one of this process, now or before. */
  isSelf(incarnation: Incarnation): boolean {
    return bootOf(incarnation) === this.#host.boot;
  }

  // ---- what the node may do

  /**
   * May serve what is here, at this moment: the lease lasts by the clocks, the inbox answers, and
   * everything owned was asserted. To be asked before each look, each write and each begin.
   */
  get isLive(): boolean {
    return this.#recovery === null && this.#step.snapshot.hasTag('serving') && this.#isReachable;
  }

  get #isReachable(): boolean {
    return this.#lease.isLasting && this.#inbox.isHearing;
  }

  /** May claim what is not here, outside the grace: is live, and does not drain. */
  get mayClaim(): boolean {
    return this.isLive && this.#step.snapshot.hasTag('claiming');
  }

  /**
   * The engine became another server less than a lease ago: no session is claimed from a dead owner or
   * from nobody, and none is said to be unknown.
   */
  get isInGrace(): boolean {
    return this.#time.isInGrace;
  }

  /** How long the grace lasts from now, in milliseconds; 0: there is none. */
  get graceLeftMs(): number {
    return this.#time.graceLeftMs;
  }

  /** How long the node counts on its lease from now, in milliseconds. */
  get leaseLeftMs(): number {
    return this.#lease.leftMs;
  }

  /** The engine's clock is more than a minute from where it was: no session is to expire by it. */
  get isClockOff(): boolean {
    return this.#time.isOff;
  }

  /** The time of the engine as the node knows it, in milliseconds since the epoch. */
  engineNow(): number {
    return this.#time.now();
  }

  /** What a new token is at least: {@link engineNow}, whole, and never less than before. */
  floor(): number {
    return this.#time.floor();
  }

  /**
   * Resolves when the node is live.
   *
   * @throws ActorsError `store-unavailable` after `suspendMs`, and from a node that has left
   */
  async live(): Promise<void> {
    this.#check();
    await this.#waits.until(() => this.isLive);
  }

  /** The engine knows, at this moment, that a claim is this node's: what it is for may be served. */
  isOwn(claim: Claim): boolean {
    if (this.#recovery === null) return this.isLive && !claim.isLost;
    const isAsserted = this.#recovery.has(claim) && !this.#isInDoubt;
    return isAsserted && !claim.isLost && this.#lease.isLasting;
  }

  /**
   * Waits until a claim is known to be this node's; while the node recovers, the claim is asserted
   * before others.
   *
   * @returns `false`: the claim is lost
   * @throws ActorsError `store-unavailable` as {@link live}
   */
  async whenOwn(claim: Claim): Promise<boolean> {
    this.#check();
    await this.#waits.until(() => claim.isLost || this.isOwn(claim), claim);
    return !claim.isLost;
  }

  // ---- what the node is told

  /** Begins. @throws ActorsError `store-unavailable` as {@link live}; the node goes on trying */
  async start(): Promise<void> {
    this.#host.engine.onReconnect(() => {
      this.#heartbeat.interrupt();
      this.#tell('connection.restored');
    });
    this.#heartbeat.beat();
    await this.live();
  }

  /** A ping of the node has arrived by its own inbox. */
  heard(n: number): void {
    const wasHearing = this.#inbox.isHearing;
    this.#inbox.heard(n);
    if (wasHearing || !this.#inbox.isHearing) return;
    if (this.isLive) this.#waits.look();
    else this.#heartbeat.beat();
  }

  /** A claim was found to be another's, by a write that was refused. */
  lost(claim: Claim): void {
    if (claim.isLost) return;
    claim.isLost = true;
    this.#host.lose(claim);
    this.#waits.look();
  }

  /** The engine does not know something that it was told: everything owned is asserted again. */
  forgotten(): void {
    this.#tell('connection.restored');
  }

  /** Claims nothing from here on. What is owned is served, until it is released or the node leaves. */
  retire(): void {
    this.#tell('node.retired');
  }

  /** Ends the lease, for good. Never rejects: a lease that can not be ended ends by itself. */
  leave(): Promise<void> {
    this.#tell('node.left');
    return this.#parted;
  }

  #tell(type: NodeEvent['type']): void {
    const before = this.#step.state;
    const { state, effects } = (this.#step = nextNodeStep(this.#step.snapshot, { type }));
    if (state !== before) this.#host.changed(state, type);
    for (const effect of effects) this.#effects[effect]();
  }

  /** Finds the end of the lease: a process that was stopped has heard no timer. */
  #check(): void {
    const { snapshot } = this.#step;
    if (snapshot.hasTag('serving') && !this.#lease.isLasting) this.#tell('lease.lapsed');
  }

  #doubt(): void {
    this.#generation++;
    this.#inbox.restart();
    this.#recovery = new Recovery(this.#recoveryHost());
  }

  // ---- one beat

  async #beat(): Promise<void> {
    // A process that stood still reads what has arrived before it believes that nothing has.
    if (this.#inbox.isSilent) await laterTurn(this.#host.clock);
    if ((await this.#renew()) && (await this.#recover())) this.#tell('node.recovered');
    await this.#membership.tidy();
  }

  /** @returns whether the lease lasts and the inbox answers */
  async #renew(): Promise<boolean> {
    if (this.#inbox.isSilent) {
      this.#tell('inbox.silenced');
      if (this.#lease.isLasting) {
        // Not renewed: others are to go on with what can not be reached here.
        this.#inbox.ping();
        return false;
      }
      this.#tell('lease.lost');
    }
    if (!(await this.#membership.renew())) this.#tell('lease.lost');
    await this.#membership.join();
    return this.#isReachable;
  }

  /** @returns whether everything owned is asserted, under a lease that lasts */
  async #recover(): Promise<boolean> {
    const recovery = this.#recovery;
    if (recovery === null) return true;
    const wasInDoubt = this.#isInDoubt;
    const isComplete = await recovery.run();
    if (!isComplete || this.#recovery !== recovery || !this.#isReachable) return false;
    // The others assert what they have claimed within the grace: asked once more after that.
    this.#recovery = wasInDoubt ? new Recovery(this.#recoveryHost()) : null;
    if (!wasInDoubt) this.#lease.settled();
    return !wasInDoubt;
  }

  /** Others may have claimed what is owned, on a server that is no more. */
  get #isInDoubt(): boolean {
    return this.#lease.hasLapsed && this.#time.isInGrace;
  }

  /** @returns how long until the next beat */
  #beaten(hasFailed: boolean): number {
    this.#check();
    this.#waits.look();
    return this.#leaseMs / (this.isLive && !hasFailed ? BEATS : TRIES);
  }

  #got(beat: Beat, asked: Moment): void {
    if (this.#time.note(beat, asked)) this.#tell('server.changed');
    if (this.#lapse !== undefined) this.#deadlines.cancel(this.#lapse);
    const until = this.#host.clock.now() + this.#lease.leftMs;
    this.#lapse = this.#deadlines.at(until, () => this.#check());
  }

  #part(): void {
    this.#lease.end();
    this.#waits.close();
    this.#parted = this.#heartbeat.stop(async () => {
      try {
        await this.#membership.leave();
      } finally {
        this.#deadlines.stop();
      }
    });
  }

  // ---- what a recovery needs

  #recoveryHost(): RecoveryHost {
    return {
      owned: () => this.#host.owned(),
      wanted: () => this.#waits.claims(),
      reassert: (space, owned) => {
        const { incarnation } = this;
        return this.#heartbeat.ask(() =>
          this.#host.engine.space(space).reassert(incarnation, owned),
        );
      },
      keep: async () => {
        const recovery = this.#recovery;
        if (this.#membership.isDue && !(await this.#membership.renew())) this.#tell('lease.lost');
        return this.#recovery === recovery;
      },
      lose: (claim) => this.lost(claim),
      restow: (claim) => this.#host.restow(claim),
      reasserted: () => this.#host.reasserted(),
      asserted: () => this.#waits.look(),
    };
  }
}
