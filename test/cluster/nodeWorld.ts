import { Claim, type ClaimParts, Claims } from '../../src/cluster/claims.ts';
import type { Incarnation } from '../../src/cluster/engine.ts';
import { Node } from '../../src/cluster/node.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { FakeEngine } from './fakeEngine.ts';

export const LEASE_MS = 3000;
export const SUSPEND_MS = 8000;

/** A clock that goes on while no timer fires, as it does for a process that is stopped. */
class StoppableClock extends VirtualClock {
  #stoppedMs = 0;

  override now(): number {
    return super.now() + this.#stoppedMs;
  }

  /** Time passes, and nothing runs. */
  stop(ms: number): void {
    this.#stoppedMs += ms;
  }
}

/** A node with an engine, a link and sessions, in virtual time. */
export class NodeWorld {
  readonly clock: StoppableClock;
  readonly engine: FakeEngine;
  readonly claims = new Claims();
  readonly node: Node;
  readonly listening = new Set<Incarnation>();
  /** `live node.recovered` */
  readonly changes: string[] = [];
  readonly restowed: string[] = [];
  readonly lost: Claim[] = [];
  readonly failures: unknown[] = [];
  readonly clocksOff: number[] = [];
  /** Ids of sessions in use. */
  readonly inUse = new Set<string>();
  /** Called at each change of the node's state. */
  onChanged: (state: string) => void = () => {};
  /** Called where something is to be written again. */
  onRestow: () => void = () => {};
  /** Nothing that is sent to the node arrives. */
  isDeaf = false;
  /** By how much the wall clock is ahead of the steady one. */
  wallAheadMs = 0;
  pings = 0;
  /** Claims that the engine was told of again, and has. */
  reasserted = 0;

  /** @param beside another world: its engine and its clock */
  constructor(boot = 'boot', beside?: NodeWorld) {
    const clock = (this.clock = beside?.clock ?? new StoppableClock());
    this.engine = beside?.engine ?? new FakeEngine(clock);
    this.node = new Node(
      {
        engine: this.engine,
        clock,
        wall: () => clock.now() + this.wallAheadMs,
        boot,
        about: () => Buffer.from('about'),
        listen: async (as) => void this.listening.add(as),
        deafen: async (as) => void this.listening.delete(as),
        ping: (to, n) => {
          this.pings++;
          clock.setTimeout(() => {
            if (!this.isDeaf && this.listening.has(to)) this.node.heard(n);
          }, 1);
        },
        owned: () => this.claims.inUseFirst(({ id }) => this.inUse.has(id)),
        lose: (claim) => {
          this.lost.push(claim);
          this.claims.remove(claim);
        },
        restow: ({ id }) => {
          this.restowed.push(id);
          this.onRestow();
        },
        reasserted: () => void this.reasserted++,
        changed: (state, why) => {
          this.changes.push(`${state} ${why}`);
          this.onChanged(state);
        },
        clockOff: (byMs) => void this.clocksOff.push(byMs),
        failed: (error) => void this.failures.push(error),
      },
      { leaseMs: LEASE_MS, suspendMs: SUSPEND_MS },
    );
  }

  /** A node that is live. */
  static async live(): Promise<NodeWorld> {
    const world = new NodeWorld();
    await world.start();
    return world;
  }

  async start(): Promise<void> {
    const started = this.node.start();
    await this.clock.elapse(10);
    await started;
    this.changes.length = 0;
    this.engine.log.length = 0;
  }

  /** A session that the node owns, and of which the engine knows. */
  own(id: string, parts: Partial<ClaimParts> = {}): Claim {
    const claim = claimOf(id, parts);
    const { print, token, revision } = claim;
    this.claims.add(claim);
    this.engine.sessions.set(print, { owner: this.node.incarnation, token, revision });
    return claim;
  }

  /** Calls of the engine that were made, but for renewals of a lease that lasts. */
  get asked(): string[] {
    return this.engine.log.filter((text) => !text.startsWith('renew'));
  }
}

/** A claim of a session that the engine has. */
export function claimOf(id: string, parts: Partial<ClaimParts> = {}): Claim {
  const { space, token = 7, revision = 1 } = parts;
  return new Claim({ space, id, print: `p-${id}`, token, revision, isBorn: true });
}
