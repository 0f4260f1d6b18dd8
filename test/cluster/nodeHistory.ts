import * as fc from 'fast-check';
import { ActorsError } from '../../src/base/errors.ts';
import type { Claim } from '../../src/cluster/claims.ts';
import { LEASE_MS, NodeWorld } from './nodeWorld.ts';

/** Half of the times end in the middle of what is under way. */
const time = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: LEASE_MS }));

/** Something that happens to a node. */
export const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('elapse'), ms: time }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('own'), ms: time }) },
  fc.record({
    do: fc.constantFrom(
      'stop',
      'down',
      'reconnect',
      'loseAnswers',
      'loseLease',
      'failOver',
      'forget',
      'deafen',
      'hear',
      'latency',
      'setWall',
      'take',
      'wait',
      'retire',
    ),
    ms: time,
  }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A node in a world that fails in any order, and what has to hold all the while. */
export class NodeHistory {
  readonly world = new NodeWorld();
  /** When the lease of an incarnation was asked for, the last time it was given. */
  readonly #askedAt = new Map<string, number>();
  /** Under which generation a claim was made, or asserted. */
  readonly #known = new Map<string, number>();
  readonly #taken = new Set<string>();
  readonly #waiting: Promise<unknown>[] = [];
  #sessions = 0;
  #servers = 0;
  /** What did not hold: a node would take what is thrown in its own turn for a failure. */
  readonly flaws = new Set<string>();
  /** How often the node was found to be live. */
  served = 0;

  constructor() {
    const { engine, node } = this.world;
    engine.turn = () => `${node.generation} ${this.world.failures.length}`;
    engine.granted = (as, at) => this.#askedAt.set(as, at);
    engine.asserted = (print, answer, turn) => {
      if (answer !== 'lost') this.#known.set(print, Number.parseInt(turn, 10));
    };
    this.world.onChanged = () => this.check();
    for (const call of ['renew', 'join', 'reassert']) engine.before.set(call, () => this.check());
  }

  async start(): Promise<void> {
    await this.world.start();
    this.world.engine.latencyMs = 40;
  }

  check(): void {
    const { clock, claims, engine, node } = this.world;
    this.#holds('one thing after the other', engine.overlaps === 0);
    const askedAt = this.#askedAt.get(node.incarnation) ?? -Infinity;
    const hasLease = clock.now() < askedAt + LEASE_MS * 0.9;
    if (node.isLive) {
      this.#holds('live with a lease', hasLease);
      this.served++;
    }
    for (const claim of claims) {
      if (!node.isOwn(claim)) {
        this.#holds('lost or own when live', !node.isLive || claim.isLost);
        continue;
      }
      this.#holds('own and not lost', !claim.isLost);
      this.#holds('own with a lease', hasLease);
      this.#holds('own and asserted', this.#known.get(claim.print) === node.generation);
      this.#holds('own and not another’s', !this.#taken.has(claim.print));
    }
  }

  async run({ do: what, ms }: Step): Promise<void> {
    const { clock, engine, node } = this.world;
    if (what === 'elapse') await clock.elapse(ms);
    if (what === 'own' && node.mayClaim) this.#own();
    if (what === 'stop') clock.stop(ms * 3);
    if (what === 'down') engine.isDown = true;
    if (what === 'reconnect') engine.reconnect();
    if (what === 'loseAnswers') engine.answersToLose = ms % 4;
    if (what === 'loseLease') engine.leases.clear();
    if (what === 'failOver') engine.failOver(`${++this.#servers}`, this.#some(ms));
    if (what === 'forget') engine.failOver(engine.server, this.#some(ms));
    if (what === 'deafen') this.world.isDeaf = true;
    if (what === 'hear') this.world.isDeaf = false;
    if (what === 'latency') engine.latencyMs = 1 + ms / 8;
    if (what === 'setWall') this.world.wallAheadMs = (ms - LEASE_MS / 2) * 100;
    if (what === 'take') this.#take();
    if (what === 'wait') this.#wait();
    if (what === 'retire' && ms % 4 === 0) node.retire();
    this.check();
  }

  /** Nothing fails any more: the node is live, all of it, and leaves. */
  async heal(): Promise<void> {
    const { clock, claims, engine, failures, node } = this.world;
    Object.assign(engine, { isDown: false, answersToLose: 0, latencyMs: 1 });
    this.world.isDeaf = false;
    await clock.elapse(LEASE_MS * 3);
    this.check();
    this.#holds('live in the end', node.isLive);
    this.#holds(
      'all own in the end',
      [...claims].every((claim) => node.isOwn(claim)),
    );
    await clock.elapse(LEASE_MS * 3);
    await Promise.all(this.#waiting);
    for (const error of failures) {
      this.#holds(
        String(error),
        error instanceof ActorsError && error.code === 'store-unavailable',
      );
    }
    const left = node.leave();
    await clock.elapse(1);
    await left;
    this.#holds('nothing left', !node.isLive && clock.pending === 0);
  }

  #holds(what: string, holds: boolean): void {
    if (!holds) this.flaws.add(what);
  }

  #own(): void {
    const claim = this.world.own(`${++this.#sessions}`);
    this.#known.set(claim.print, this.world.node.generation);
  }

  /** Another node claims what is of a dead owner. */
  #take(): void {
    const { engine } = this.world;
    for (const [print, kept] of engine.sessions) {
      const askedAt = this.#askedAt.get(kept.owner);
      // Only a lease that has ended by its time: of one that the engine has lost, its owner can not know.
      const isOver = askedAt === undefined || this.world.clock.now() >= askedAt + LEASE_MS;
      if (!isOver || engine.isAlive(kept.owner) || this.#taken.has(print)) continue;
      this.#taken.add(print);
      kept.owner = 'other#1';
      kept.token++;
    }
  }

  /** What the engine forgets: nothing of the other node, which has said all of it again. */
  #some(ms: number): string[] {
    const prints = [...this.world.engine.sessions.keys()];
    return prints.filter((print, i) => !this.#taken.has(print) && (ms >> i) % 2 === 1);
  }

  #wait(): void {
    const { claims, node } = this.world;
    const [claim]: (Claim | undefined)[] = [...claims];
    const waiting = claim === undefined ? node.live() : node.whenOwn(claim);
    // Either is an answer; one of them has to come.
    this.#waiting.push(Promise.allSettled([waiting]));
  }
}
