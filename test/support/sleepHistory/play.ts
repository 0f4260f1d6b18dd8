import { turn } from '../eventually.ts';
import { Clients } from './clients.ts';
import { DEEDS, isOfOne } from './deeds.ts';
import { type Setting, type Step, TIMES } from './history.ts';
import { Ledger } from './ledger.ts';
import { type Home, Machine } from './machine.ts';
import type { SleepProcess } from './process.ts';
import { Review } from './review.ts';
import { pick, type Stage } from './stage.ts';

const USERS = ['ann', 'ann', 'bob', undefined] as const;
/** Steps that a drain is given to happen in. */
const DRAIN_STEPS = 3;
const FAULTS = [0.1, 0.3, 1];

/** Lets one history happen. @returns what did not hold, and where that was seen */
export async function play(
  setting: Setting,
  steps: readonly Step[],
  home: Home | undefined,
): Promise<readonly string[]> {
  const player = new Player(setting, home);
  const { broken } = player.machine.ledger;
  player.machine.start();
  for (const [i, step] of steps.entries()) {
    await player.step(step);
    if (broken.length === 0) continue;
    broken.push(`after step ${i}, ${step.deed}`);
    return broken;
  }
  await player.finish();
  return broken;
}

class Player implements Stage {
  readonly machine: Machine;
  readonly clients: Clients;
  readonly review: Review;
  #drains = 0;

  constructor(setting: Setting, home: Home | undefined) {
    this.machine = new Machine(setting, new Ledger(), home);
    this.clients = new Clients(this.machine);
    this.review = new Review(this.machine, this.clients);
  }

  async step(step: Step): Promise<void> {
    const { machine } = this;
    if (machine.process.draining !== undefined && ++this.#drains > DRAIN_STEPS) {
      await this.#close();
      machine.start();
    }
    await this.#do(step);
    if (step.pause === 'a turn') await turn();
    else if (step.pause === 'all') await machine.settle();
    this.review.all(step.pause === 'all');
    machine.process.audit();
    if (step.pause === 'all' && machine.isCalm && machine.process.draining === undefined) {
      this.review.words();
      await machine.process.tally();
    }
  }

  async #do({ deed, who, which }: Step): Promise<void> {
    const { machine, clients, review } = this;
    if (isOfOne(deed)) {
      const life = pick(clients.known, who);
      if (life !== undefined) DEEDS[deed](this, life, which);
      return;
    }
    switch (deed) {
      case 'open':
      case 'open half':
        return clients.initialize(pick(USERS, which), deed === 'open');
      case 'elapse':
        return machine.elapse(pick(TIMES, which)!);
      case 'kill':
        review.all();
        clients.abandon();
        return machine.kill();
      case 'drain':
        this.#drains = 0;
        return this.#drain();
      case 'faults': {
        const p = pick(FAULTS, which)!;
        const storm = which % 2 === 0 ? { failing: p, torn: 0.1 } : { torn: p };
        return machine.weathers(
          { slow: 0.7, reordered: 0.3, ...(which < 7 && storm) },
          which === 9,
        );
      }
      case 'heal':
        return machine.weathers(which % 2 === 0 ? {} : { slow: 0.5, reordered: 0.5 }, false);
      case 'answer':
        return machine.process.answer(which);
      default:
        deed satisfies never;
    }
  }

  #drain(): void {
    const { process, weather, isCalm } = this.machine;
    this.machine.drained.add(process.number);
    process.draining ??= process.runtime.drain({ deadlineMs: 1000 });
    process.drainedIn ??= isCalm ? weather : -1;
  }

  /** The process ends in order. */
  async #close(): Promise<void> {
    const { machine, review } = this;
    const { process, weather, isCalm } = machine;
    machine.drained.add(process.number);
    process.draining ??= process.runtime.close();
    process.drainedIn ??= isCalm ? weather : -1;
    void this.#closed(process);
    for (let i = 0; i < 60 && !process.isClosed; i++) await machine.elapse(500);
    machine.ledger.check(process.isClosed, () => 'close() never finishes');
    if (!process.isClosed) return;
    // Naps of the test's own, and whatever waited for them.
    await machine.elapse(6000);
    review.conclude();
    process.auditClosed();
    machine.ended(machine.weather === process.drainedIn);
    process.freeze();
  }

  async #closed(process: SleepProcess): Promise<void> {
    await process.draining;
    await process.runtime.close();
    process.isClosed = true;
  }

  /** Those that are there go on with their state; then all end, one way or the other. */
  async finish(): Promise<void> {
    const { machine, clients, review } = this;
    if (machine.process.draining !== undefined) {
      await this.#close();
      machine.start();
    }
    machine.weathers({}, false);
    await machine.elapse(4000);
    review.all();
    for (const life of clients.known) {
      if (life.end !== undefined || life.isDamaged) continue;
      clients.call(life, 'read');
      await machine.settle();
    }
    await machine.elapse(1500);
    review.all();
    machine.process.audit();
    await machine.process.tally();
    if (machine.setting.ending === 'expire') await this.#expire();
    if (machine.setting.ending === 'drain') {
      this.#drain();
    }
    await this.#close();
    if (machine.isDurable) await this.#again();
  }

  /** What is left is there for the next process, and nothing else. */
  async #again(): Promise<void> {
    const { machine, clients, review } = this;
    machine.start();
    await machine.settle();
    await machine.process.tally();
    for (const life of clients.known) clients.call(life, 'read');
    await machine.elapse(100);
    await machine.elapse(2000);
    review.all();
    await this.#close();
  }

  /** Everybody leaves; nobody comes. */
  async #expire(): Promise<void> {
    const { machine, clients, review } = this;
    const { ledger, process, faulty } = machine;
    for (const life of clients.known) clients.leave(life);
    process.answerAll();
    await machine.settle();
    // Questions of a server pin its session until it gives up.
    for (const each of process.incarnations) if (each.server.closes === 0) each.giveUp();
    await machine.settle();
    await machine.elapse(200_000);
    review.all();
    const { total } = process.runtime.stats().sessions;
    ledger.check(total === 0, () => `${total} sessions live for ever`);
    for (const { id, end, isDamaged } of clients.known) {
      ledger.check(end !== undefined || isDamaged, () => `${id} is immortal`);
    }
    if (faulty === undefined) return;
    const left = await faulty.count();
    ledger.check(left === 0, () => `${left} records live for ever`);
  }
}
