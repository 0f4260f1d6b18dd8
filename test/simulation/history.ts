import { Clients } from './clients.ts';
import { hostChance } from './globals.ts';
import { OF_ALL, OF_ONE, type Stage } from './deeds.ts';
import { Finish } from './finish.ts';
import { Random, seedOf } from './random.ts';
import { review, reviewStats } from './review.ts';
import { type Era, settingOf } from './setting.ts';
import { FAIR } from './simDisk.ts';
import { StatelessClients } from './stateless/clients.ts';
import { STATELESS_DEEDS } from './stateless/deeds.ts';
import type { StatelessStage } from './stateless/stage.ts';
import { reviewStateless } from './stateless/review.ts';
import { World } from './world.ts';

/** Which history is played, and how much of it. */
export interface History {
  readonly seed: number;
  readonly steps: number;
  /** @default sessions */
  readonly era?: Era | undefined;
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

type Deeds = Readonly<Record<string, readonly [weight: number, deed: unknown]>>;

/** What may be done in the next step, by name, and how often. */
class Lots {
  readonly #lots: readonly (readonly [name: string, weight: number])[];
  readonly #sum: number;

  constructor(...all: readonly Deeds[]) {
    const deeds = all.flatMap((each) => Object.entries(each));
    this.#lots = deeds.map(([name, [weight]]) => [name, weight]);
    this.#sum = this.#lots.reduce((sum, [, weight]) => sum + weight, 0);
  }

  draw(random: Random): string {
    let at = random.next() * this.#sum;
    for (const [name, weight] of this.#lots) if ((at -= weight) < 0) return name;
    return this.#lots[0]![0];
  }
}

const LOTS: Readonly<Record<Era, Lots>> = {
  sessions: new Lots(OF_ONE, OF_ALL),
  both: new Lots(OF_ONE, OF_ALL, STATELESS_DEEDS),
};

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
  readonly stateless: StatelessClients | undefined;
  random: Random;
  readonly #era: Era;
  #steps = 0;

  readonly #say: (line: string) => void;

  constructor(history: History, say: (line: string) => void, trace: Tell['trace']) {
    const { seed, era = 'sessions' } = history;
    this.#era = era;
    this.#say = say;
    this.world = new World(settingOf(seed, era), trace);
    this.random = new Random(seed);
    this.clients = new Clients(this.world);
    const { stateless } = this.world;
    this.stateless = stateless && new StatelessClients(this.world, this.clients, stateless);
  }

  async step(seed: number): Promise<void> {
    const { world } = this;
    this.random = new Random(seed);
    world.scheduler.random = this.random;
    await this.#do(LOTS[this.#era].draw(this.random));
    const pause = this.random.below(10);
    if (pause < 3) await world.scheduler.some(1 + this.random.below(4));
    else if (pause < 9) await world.scheduler.settle();
    review(world, this.clients);
    if (this.stateless !== undefined) reviewStateless(world);
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
    const ofStateless = STATELESS_DEEDS[name];
    if (ofStateless !== undefined) {
      world.did(`= ${name}`);
      await ofStateless[1](this as StatelessStage);
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

  die(loses: 'uncommitted' | 'unsynced'): void {
    const { world } = this;
    this.clients.die();
    this.stateless?.die();
    world.crash(loses);
    world.start();
  }

  async restart(): Promise<void> {
    await new Finish(this).close();
    this.world.start();
  }

  async finish(): Promise<void> {
    this.random = new Random(seedOf(this.#steps, -2));
    this.world.scheduler.random = this.random;
    this.world.disk?.become(FAIR);
    await new Finish(this).all();
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
    this.clients.forget();
  }
}
