import { settleCluster } from '../../../src/cluster/options.ts';
import { makeCluster } from '../../../src/cluster/makeCluster.ts';
import type { Claim } from '../../../src/cluster/claims.ts';
import { endpointOf } from '../../../src/http/endpointOf.ts';
import type { Endpoint } from '../../../src/http/endpoint.ts';
import { createRuntime, type Runtime, type Session } from '../../../src/index.ts';
import type { Random } from '../../simulation/random.ts';
import type { Scheduler } from '../../simulation/scheduler.ts';
import type { EngineServer } from './engineServer.ts';
import { NodeClock } from './nodeClock.ts';
import { SimEngine } from './simEngine.ts';
import { type Hub, SimLink } from './simLink.ts';
import { type Basket, UserServer } from './userServer.ts';

export const LEASE_MS = 3000;

/** Limits of the runtimes. */
const LIMITS = {
  quietMs: 40,
  evictAfterMs: 10 * 60_000,
  closeTimeoutMs: 1000,
  unreachableAfterMs: 2000,
  sseRetryMs: 100,
  writeBehindMs: 50,
} as const;

/** What a process needs of the history it belongs to. */
export interface SimProcessHost {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly server: EngineServer;
  readonly hub: Hub;
  did(what: string): void;
  broke(what: string): void;
  /** A call begins in a session, which the process has by a claim. */
  began(process: SimProcess, session: Session<Basket>, call: number, claim: Claim): void;
  cancelled(call: number): void;
  /** An id that no session had. */
  sessionId(): string;
}

/** What is of the machine, and the same for each process on it. */
export interface Machine {
  readonly name: string;
  readonly offsetMs: number;
  readonly drift: number;
  /** How far the wall clock is ahead. */
  readonly wallMs: number;
  readonly idleTimeoutMs: number;
  isCut: boolean;
  /** How much longer the ways to servers take at most than they should. */
  slowMs: number;
}

/** One process of the cluster: a runtime with ways of its own to the engine and to the others. */
export class SimProcess {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly server: EngineServer;
  readonly hub: Hub;
  readonly clock: NodeClock;
  readonly engine: SimEngine;
  readonly link: SimLink;
  readonly runtime: Runtime<Basket>;
  readonly endpoint: Endpoint;
  readonly servers = new Map<string, UserServer>();
  isDead = false;
  isDraining = false;
  isPaused = false;
  readonly #host: SimProcessHost;
  readonly machine: Machine;
  /** What has happened while the process stood still. */
  #backlog: (() => void)[] = [];
  readonly #ends: (() => void)[] = [];

  constructor(host: SimProcessHost, machine: Machine, life: number) {
    const { scheduler, random, server, hub } = host;
    this.#host = host;
    this.machine = machine;
    this.name = `${machine.name}${life}`;
    this.scheduler = scheduler;
    this.random = random;
    this.server = server;
    this.hub = hub;
    this.clock = new NodeClock(this, machine.offsetMs, machine.drift);
    this.engine = new SimEngine(this);
    this.link = new SimLink(this);
    const settings = {
      ...settleCluster({ secret: 's'.repeat(32), leaseMs: LEASE_MS, forwardTimeoutMs: 15_000 }),
      boot: () => this.name,
      // Everything is short in a history.
      following: { inARow: 2, stayMs: 300 },
      wall: () => Math.trunc(scheduler.clock.now() + machine.wallMs),
      fine: () => scheduler.clock.now(),
    };
    const ways = { engine: this.engine, link: this.link };
    this.runtime = createRuntime<Basket>({
      ...LIMITS,
      idleTimeoutMs: machine.idleTimeoutMs,
      clock: this.clock,
      report: false,
      cluster: makeCluster(settings, 'simulated', () => ways),
      createId: () => host.sessionId(),
      state: () => ({ calls: [] }),
      server: (session) => this.#serve(session),
    });
    this.endpoint = endpointOf(this.runtime);
    this.#listen();
  }

  get slowMs(): number {
    return this.machine.slowMs;
  }

  get isReachable(): boolean {
    return this.server.isUp && !this.machine.isCut && !this.isDead;
  }

  /** Takes new connections of clients. */
  get isOpen(): boolean {
    return !this.isDead && !this.isDraining;
  }

  /** The claim by which the process has a session now. */
  claimOf(id: string): Claim | undefined {
    const actor = this.endpoint.directory.resident(id);
    const claim = actor?.persistence?.claim as Claim | undefined;
    return claim?.isLost === false ? claim : undefined;
  }

  /** Runs a callback of the process: later where it stands still, never where it is dead. */
  run(callback: () => void): void {
    if (this.isDead) return;
    if (this.isPaused || this.#backlog.length > 0) this.#backlog.push(callback);
    else callback();
  }

  /** Calls back when the process is dead. */
  whenDead(end: () => void): void {
    this.#ends.push(end);
  }

  /** Stands still. */
  pause(ms: number): void {
    if (this.isDead || this.isPaused) return;
    this.#host.did(`${this.name} stands still for ${ms}`);
    this.isPaused = true;
    this.#later(ms, () => {
      this.#host.did(`${this.name} goes on`);
      this.isPaused = false;
      this.#catchUp();
    });
  }

  /** Ends at once: nothing of the process runs any more. */
  kill(): void {
    if (this.isDead) return;
    this.#host.did(`${this.name} dies`);
    this.isDead = true;
    this.#backlog = [];
    this.engine.line.close();
    this.link.drop();
    for (const end of this.#ends.splice(0)) end();
  }

  /** Ends as a deploy ends processes. @returns when nothing is left to do */
  async drain(deadlineMs: number): Promise<void> {
    if (this.isDraining) return;
    this.#host.did(`${this.name} drains`);
    this.isDraining = true;
    await this.runtime.drain({ deadlineMs });
    await this.runtime.close();
    this.#host.did(`${this.name} has drained`);
  }

  did(what: string): void {
    this.#host.did(what);
  }

  broke(what: string): void {
    this.#host.broke(`${this.name}: ${what}`);
  }

  #serve(session: Session<Basket>): UserServer {
    const { clock, random } = this;
    const server = new UserServer(
      {
        clock,
        random,
        began: (of, call) => this.#began(of, call),
        cancelled: (call) => this.#host.cancelled(call),
      },
      session,
    );
    this.servers.set(session.id, server);
    return server;
  }

  #began(session: Session<Basket>, call: number): void {
    const actor = this.endpoint.directory.resident(session.id);
    const claim = actor?.persistence?.claim as Claim | undefined;
    if (claim === undefined || actor!.session !== (session as unknown)) {
      return this.broke(`call ${call} begins in ${session.id}, which is not here`);
    }
    this.#host.began(this, session, call, claim);
  }

  #catchUp(): void {
    if (this.isDead || this.isPaused || this.#backlog.length === 0) return;
    const first = this.#backlog[0]!;
    this.scheduler.add(`${this.name} catches up`, () => {
      if (this.isDead || this.isPaused) return;
      first();
      this.#backlog.shift();
      this.#catchUp();
    });
  }

  #later(ms: number, then: () => void): void {
    this.scheduler.add(`${this.name} later`, then, this.scheduler.clock.now() + ms);
  }

  #listen(): void {
    const { runtime } = this;
    const told = (name: string, of: (event: never) => string): void => {
      runtime.on(name as 'cluster.failed', (event) => {
        if (!this.isDead) this.#host.did(`${this.name} ${name} ${of(event as never)}`);
      });
    };
    told('cluster.changed', ({ state, why }: { state: string; why: string }) => `${state} ${why}`);
    told('session.ended', ({ session, reason }: { session: string; reason: string }) => {
      return `${session} ${reason}`;
    });
    told('session.moved', ({ session }: { session: string }) => session);
    told('cluster.takeover', ({ session, from }: { session: string; from: string }) => {
      return `${session} from ${from}`;
    });
    for (const name of ['endpoint.failed', 'observer.failed'] as const) {
      runtime.on(name, ({ error }) => this.broke(`${name} ${String((error as Error).stack)}`));
    }
    runtime.on('session.crashed', ({ error }) => {
      this.broke(`session.crashed ${String((error as Error).stack)}`);
    });
    runtime.on('cluster.failed', ({ error }) => {
      const { code, stack } = error as { code?: string; stack?: string };
      if (code !== 'store-unavailable') this.broke(`cluster.failed ${stack}`);
    });
    runtime.on('cluster.refused', ({ why }) => this.broke(`cluster.refused ${why}`));
  }
}
