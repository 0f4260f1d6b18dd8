import { Clients } from './clients.ts';
import { hostChance } from './globals.ts';
import { OF_ALL, OF_ONE, type Stage } from './deeds.ts';
import { Finish } from './finish.ts';
import { Random, seedOf } from './random.ts';
import { review, reviewStats } from './review.ts';
import { settingOf } from './setting.ts';
import { FAIR } from './simDisk.ts';
import { World } from './world.ts';

/** Which history is played, and how much of it. */
export interface History {
  readonly seed: number;
  readonly steps: number;
  /** Numbers of the steps that are done; all where it is absent. */
  readonly keep?: readonly number[] | undefined;
  /** The number of the step before which it ends. */
  readonly until?: number | undefined;
}

/** Where a history is told. */
export interface Tell {
  /** Told all that happens. */
  readonly trace?: ((line: string) => void) | undefined;
  /** Told now and then how far it is. */
  readonly say?: (line: string) => void;
}

/** What became of a history. */
export interface Outcome {
  /** What did not hold; empty where all did. */
  readonly broken: readonly string[];
  /** The step after which it was seen. */
  readonly at: number;
  /** All that happened, as one number. */
  readonly hash: number;
}

const DEEDS = [
  ...Object.entries(OF_ONE).map(([name, [weight]]) => ({ name, weight })),
  ...Object.entries(OF_ALL).map(([name, [weight]]) => ({ name, weight })),
];
const WEIGHT = DEEDS.reduce((sum, { weight }) => sum + weight, 0);

function deedOf(random: Random): string {
  let at = random.next() * WEIGHT;
  for (const { name, weight } of DEEDS) if ((at -= weight) < 0) return name;
  return DEEDS[0]!.name;
}

/** Lets one history happen. */
export async function play(
  history: History,
  { trace, say = () => {} }: Tell = {},
): Promise<Outcome> {
  hostChance(history.seed);
  const player = new Player(history, say, trace);
  const { ledger } = player.world;
  const reached = (error: unknown): void => player.world.reached(error);
  for (const event of EVENTS) process.on(event, reached);
  let at = 0;
  try {
    const { seed, steps, keep, until = steps } = history;
    const kept = keep === undefined ? undefined : new Set(keep);
    for (; at < until && ledger.broken.length === 0; at++) {
      if (kept?.has(at) !== false) await player.step(seedOf(seed, at));
    }
    if (ledger.broken.length === 0) await player.finish();
  } catch (error) {
    ledger.broken.push(error instanceof Error ? String(error.stack) : String(error));
  } finally {
    player.leave();
    await player.settleDown();
    for (const event of EVENTS) process.off(event, reached);
  }
  return { broken: ledger.broken, at, hash: ledger.hash };
}

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;
/** How often all counters are part of what happened. */
const STATS_EVERY = 8;

class Player implements Stage {
  readonly world: World;
  readonly clients: Clients;
  random: Random;
  #steps = 0;

  readonly #say: (line: string) => void;

  constructor({ seed }: History, say: (line: string) => void, trace: Tell['trace']) {
    this.#say = say;
    this.world = new World(settingOf(seed), trace);
    this.random = new Random(seed);
    this.clients = new Clients(this.world);
  }

  async step(seed: number): Promise<void> {
    const { world } = this;
    this.random = new Random(seed);
    world.scheduler.random = this.random;
    await this.#do(deedOf(this.random));
    const pause = this.random.below(10);
    if (pause < 3) await world.scheduler.some(1 + this.random.below(4));
    else if (pause < 9) await world.scheduler.settle();
    review(world, this.clients);
    if (++this.#steps % STATS_EVERY === 0) reviewStats(world);
    // Two runs of a seed are compared by this, also where a history is long.
    if (this.#steps % 1000 === 0) this.#say(`step ${this.#steps} hash ${world.ledger.hash}`);
  }

  async #do(name: string): Promise<void> {
    const { world, clients, random } = this;
    const ofAll = OF_ALL[name];
    if (ofAll !== undefined) {
      world.did(`= ${name}`);
      await ofAll[1](this);
      return;
    }
    const { known } = clients;
    const living = known.filter(({ isOver, endedAt }) => !isOver && endedAt === undefined);
    const life = random.pick(living.length > 0 && random.chance(0.9) ? living : known);
    // Without a session, nothing is done to one.
    if (life === undefined || (living.length === 0 && random.chance(0.6))) return this.#do('open');
    world.did(`= ${name} ${life.id}`);
    await OF_ONE[name]![1](this, life);
  }

  async restart(): Promise<void> {
    await new Finish(this.world, this.clients).close();
    this.world.start();
  }

  async finish(): Promise<void> {
    this.random = new Random(seedOf(this.#steps, -2));
    this.world.scheduler.random = this.random;
    this.world.disk?.become(FAIR);
    await new Finish(this.world, this.clients).all();
  }

  /** Nothing of it is left behind in the process that simulates. */
  leave(): void {
    const { world, clients } = this;
    world.process.isDead = true;
    world.process.clock.stop();
    clients.die();
  }

  async settleDown(): Promise<void> {
    this.world.scheduler.clear();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
