import { Random, seedOf } from '../../simulation/random.ts';
import { Scheduler } from '../../simulation/scheduler.ts';
import { SimClock } from '../../simulation/simClock.ts';
import { hostChance } from '../../simulation/globals.ts';
import { Client } from './client.ts';
import { EngineServer } from './engineServer.ts';
import { COMMON, FAULTS, type FaultKind, type Stage } from './faults.ts';
import { Network } from './network.ts';
import { Oracle } from './oracle.ts';
import { Hub } from './simLink.ts';
import { type Machine, SimProcess, type SimProcessHost } from './simProcess.ts';
import type { Kind } from './userServer.ts';

/** Which history is played. */
export interface History {
  readonly seed: number;
  /** What goes wrong. @default everything */
  readonly faults?: readonly FaultKind[] | undefined;
}

/** What became of a history. */
export interface Outcome {
  /** What did not hold; empty where all did. */
  readonly broken: readonly string[];
  /** All that happened, as one number. */
  readonly hash: number;
  readonly counts: Readonly<Record<string, number>>;
}

const BEGIN = 1_000_000;
const FAULT_MS = 14_000;
/** How long after the last fault everything has to work. */
const HEAL_MS = 8000;
const HEALED_MS = 4000;
/** How long requests may take to end when no more are made. */
const REST_MS = 45_000;
const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** Lets one history happen. @param trace told all that happens */
export async function play(history: History, trace?: (line: string) => void): Promise<Outcome> {
  hostChance(history.seed);
  const world = new World(history, trace);
  const reached = (error: unknown): void => {
    world.broke(`escaped: ${String((error as Error)?.stack ?? error)}`);
  };
  for (const event of EVENTS) process.on(event, reached);
  try {
    await world.play();
  } catch (error) {
    world.broke(String((error as Error).stack));
  } finally {
    world.end();
    await new Promise((resolve) => setImmediate(resolve));
    for (const event of EVENTS) process.off(event, reached);
  }
  return { broken: world.broken, hash: world.hash, counts: world.counts };
}

/** Everything there is in one history. */
class World implements SimProcessHost, Stage {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly server: EngineServer;
  readonly hub = new Hub();
  readonly network: Network;
  readonly oracle: Oracle;
  readonly machines: readonly Machine[];
  readonly broken: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly faults: readonly FaultKind[];
  hash = 0x811c9dc5;
  readonly #processes = new Map<Machine, SimProcess>();
  readonly #clients: Client[] = [];
  readonly #trace: ((line: string) => void) | undefined;
  #lives = 0;
  #sessions = 0;
  #calls = 0;
  #remarks = 0;
  /** When the last fault is over. */
  #troubledUntil = BEGIN + FAULT_MS;

  constructor({ seed, faults }: History, trace?: (line: string) => void) {
    this.#trace = trace;
    this.random = new Random(seed);
    const clock = new SimClock(BEGIN, (error) => this.broke(String(error)));
    this.scheduler = new Scheduler(clock, new Random(seedOf(seed, 1)), {
      did: () => this.count('steps'),
      threw: (error) => this.broke(`threw ${String((error as Error)?.stack ?? error)}`),
    });
    this.faults = faults ?? COMMON;
    this.oracle = new Oracle({
      now: () => this.now(),
      did: (what) => this.did(what),
      broke: (what) => this.broke(what),
      living: () => this.living(),
      isCut: (process) => !process.isReachable || process.slowMs > 0,
    });
    this.server = new EngineServer({
      scheduler: this.scheduler,
      stale: (by, print, owner) => this.oracle.stale(by, print, owner),
      forgot: (before, after) => this.oracle.forgot(before, after),
    });
    this.network = new Network({
      scheduler: this.scheduler,
      random: this.random,
      processes: () => [...this.living()],
    });
    this.machines = ['a', 'b', 'c'].map((name) => ({
      name,
      offsetMs: this.random.below(2000) - 1000,
      drift: 1 + (this.random.next() - 0.5) * 0.01,
      wallMs: this.random.below(2000) - 1000,
      idleTimeoutMs: this.random.one(1, 50, 200, 500, 2000),
      isCut: false,
      slowMs: 0,
    }));
  }

  now(): number {
    return this.scheduler.clock.now();
  }

  async play(): Promise<void> {
    for (const machine of this.machines)
      this.later(this.random.below(50), () => this.boot(machine));
    this.later(300, () => this.#meet());
    if (this.faults.length > 0) this.later(600, () => this.#plan());
    if (this.faults.includes('failover')) this.#replicate();
    let last = this.now();
    for (;;) {
      await this.scheduler.pass(100);
      if (this.broken.length > 0) return;
      const isDone = this.isOver && this.#clients.every(({ waiting }) => waiting.size === 0);
      if (!this.isOver) last = this.now();
      if (isDone) break;
      if (this.now() > last + REST_MS) break;
    }
    for (const { waiting } of this.#clients)
      for (const each of waiting) this.broke(`hung: ${each}`);
    this.counts['begun'] = this.oracle.begun;
    this.counts['lost with the engine'] = this.oracle.excused;
    this.counts['followed'] = this.#followed;
  }

  /** Nothing of it is left behind in the process that simulates. */
  end(): void {
    for (const process of this.#processes.values()) process.kill();
    this.scheduler.clear();
  }

  /** How many sessions have gone where their requests came from, by the processes that live. */
  get #followed(): number {
    const counts = [...this.living()].map(({ runtime }) => runtime.stats().cluster!.followed);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  // ---- processes

  boot(machine: Machine): void {
    if (this.#processes.get(machine)?.isDead === false) return;
    const process = new SimProcess(this, machine, ++this.#lives);
    this.did(`${process.name} begins`);
    this.#processes.set(machine, process);
  }

  processOf(machine: Machine): SimProcess | undefined {
    const process = this.#processes.get(machine);
    return process?.isDead === false ? process : undefined;
  }

  *living(): Iterable<SimProcess> {
    for (const process of this.#processes.values()) if (!process.isDead) yield process;
  }

  began(...what: Parameters<Oracle['began']>): void {
    this.oracle.began(...what);
  }

  cancelled(): void {
    this.count('cancelled');
  }

  sessionId(): string {
    return `s${++this.#sessions}`;
  }

  // ---- faults

  later(ms: number, then: () => void): void {
    this.scheduler.add('later', then, this.now() + ms);
  }

  fault(kind: string, ms = 0): void {
    this.count(kind);
    this.#troubledUntil = Math.max(this.#troubledUntil, this.now() + ms);
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  get isHealed(): boolean {
    return this.now() > this.#troubledUntil + HEAL_MS;
  }

  get isOver(): boolean {
    return this.now() > this.#troubledUntil + HEAL_MS + HEALED_MS;
  }

  #plan(): void {
    if (this.now() > BEGIN + FAULT_MS) return;
    FAULTS[this.random.pick(this.faults)!](this, this.random.pick(this.machines)!);
    this.later(100 + this.random.below(1700), () => this.#plan());
  }

  #replicate(): void {
    if (this.now() > BEGIN + FAULT_MS + 1000) return;
    this.server.replicate();
    this.later(25, () => this.#replicate());
  }

  // ---- clients

  #meet(): void {
    const kinds: readonly Kind[] = ['count', 'count', 'count', 'slow', 'ask', 'hold'];
    for (let i = 1; i <= 3; i++) {
      const host = {
        scheduler: this.scheduler,
        random: this.random,
        network: this.network,
        oracle: this.oracle,
        kinds,
        deletes: i === 3,
        listens: i === 2,
        did: (what: string) => this.did(what),
        broke: (what: string) => this.broke(what),
        isHealed: () => this.isHealed,
        isOver: () => this.isOver,
        nextCall: () => ++this.#calls,
        ended: (outcome: { is: string; code?: string }) =>
          this.count(outcome.is === 'error' ? `error ${outcome.code}` : outcome.is),
      };
      const client = new Client(host, `client ${i}`);
      this.#clients.push(client);
      client
        .run(2)
        .catch((error: unknown) => this.broke(`client: ${String((error as Error).stack)}`));
    }
    this.#remark();
  }

  #remark(): void {
    if (this.isOver) return;
    for (const process of this.living()) {
      for (const [id, server] of process.servers) {
        if (this.random.chance(0.5) || process.claimOf(id) === undefined) continue;
        process.run(() => {
          if (process.claimOf(id) !== undefined) server.remark(++this.#remarks);
        });
      }
    }
    this.later(this.random.below(1000), () => this.#remark());
  }

  // ---- what is told

  did(what: string): void {
    const line = `${(this.now() - BEGIN).toFixed(1)} ${what}`;
    for (let i = 0; i < line.length; i++) {
      this.hash = Math.imul(this.hash ^ line.charCodeAt(i), 0x01000193) >>> 0;
    }
    this.#trace?.(line);
  }

  broke(what: string): void {
    this.did(`BROKEN ${what}`);
    this.broken.push(what);
  }
}
