import type { Session } from 'mcp-actors';
import { storage } from '../../src/base/asyncContext.ts';
import { ActorsError } from '../../src/base/errors.ts';
import { Census } from './census.ts';
import { hostTime } from './globals.ts';
import { Ledger } from './ledger.ts';
import { isGone, type Life, newLife } from './life.ts';
import { payloadsIn } from './payload.ts';
import { type ProcessHost, SimProcess } from './process.ts';
import { Random } from './random.ts';
import { type Observer, Scheduler } from './scheduler.ts';
import { LIMITS, type Setting } from './setting.ts';
import { SimClock } from './simClock.ts';
import { SimDisk } from './simDisk.ts';
import type { Moment } from './stateless/moment.ts';
import { Stateless } from './stateless/stateless.ts';
import type { StrictPort } from './strictPort.ts';
import { UserError } from './userError.ts';
import type { Basket, UserServer } from './userServer.ts';

/** Errors of the library that may crash a session, or fail a request, without a defect of ours. */
const EXPECTED = new Set(['start-failed', 'timed-out', 'bad-server', 'store-unavailable']);

/** All there is in one history: one process after the other, a disk, every session there was. */
export class World implements ProcessHost, Observer {
  readonly setting: Setting;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly disk: SimDisk | undefined;
  readonly census: Census;
  readonly lives = new Map<string, Life>();
  readonly stateless: Stateless | undefined;
  process: SimProcess;
  readonly #byKey = new Map<string, Life>();

  constructor(setting: Setting, trace?: (line: string) => void) {
    this.setting = setting;
    this.ledger = new Ledger(trace);
    const clock = new SimClock(1_000_000, (error) => this.raise(error));
    this.scheduler = new Scheduler(clock, new Random(0), this);
    const { stateless } = setting;
    this.disk = setting.isDurable
      ? new SimDisk(this.scheduler, LIMITS.storeTimeoutMs, stateless !== undefined)
      : undefined;
    this.census = new Census(this.ledger, setting);
    this.stateless =
      stateless && new Stateless(stateless, this.ledger, this.disk, () => this.#moment);
    this.process = this.#start(1);
  }

  get now(): number {
    return this.process.clock.now();
  }

  get #moment(): Moment {
    const { number: process, clock, user, runtime } = this.process;
    const isEnding = (key: string): boolean =>
      runtime.handles().some((each) => each.key === key && each.state.startsWith('closing'));
    return { process, at: clock.now(), faults: user.faults, isEnding };
  }

  /** The next process starts. */
  start(): void {
    this.process = this.#start(this.process.number + 1);
  }

  #start(number: number): SimProcess {
    const { scheduler } = this;
    this.did(`process ${number} starts`);
    const process = new SimProcess(this, number, scheduler.clock.now());
    scheduler.clock = process.clock;
    hostTime(process.clock);
    return process;
  }

  /** The process there is dies where it stands. @param loses of its disk */
  crash(loses: 'uncommitted' | 'unsynced'): void {
    const { process, scheduler, disk } = this;
    process.isDead = true;
    process.clock.stop();
    scheduler.clear();
    this.census.clear();
    disk?.crash(loses);
    this.#over(false, disk?.isTroubled === true);
  }

  /** The process there is has closed. */
  closed(): void {
    const { process, scheduler, disk } = this;
    process.isDead = true;
    process.clock.stop();
    scheduler.clear();
    this.census.clear();
    // Whoever closes a store has it all.
    disk?.crash('uncommitted');
    this.#over(true, disk?.isTroubled === true);
  }

  #over(inOrder: boolean, wasTroubled: boolean): void {
    this.stateless?.over(inOrder, wasTroubled);
    for (const life of this.lives.values()) {
      if (this.disk === undefined) life.isOver = true;
      else if (life.endedAt !== undefined || this.process.isEnding(life.id)) life.isLoose = true;
      if (wasTroubled) life.isLoose = true;
      // An answer that the store refused is given once more, to a client that asks for more.
      if (wasTroubled) for (const call of life.calls) call.mayRepeat ||= call.answers.size > 0;
      life.endedAt = undefined;
      life.questions.length = 0;
    }
  }

  // ---- what is told of the runtime

  did(label: string): void {
    this.ledger.did(label);
  }

  threw(error: unknown): void {
    this.raise(error);
  }

  broke(what: string): void {
    this.ledger.broken.push(what);
  }

  raise(error: unknown): void {
    const host: NodeJS.EventEmitter = process;
    host.emit('uncaughtExceptionMonitor', error, 'uncaughtException');
    host.emit('uncaughtException', error, 'uncaughtException');
  }

  /** An error has reached the process. */
  reached(error: unknown): void {
    const isOwned = storage?.getStore() !== undefined;
    this.did(`reached the process: ${String(error)}`);
    this.ledger.check(isOwned, () => `an error of nobody: ${textOf(error)}`);
    this.ledger.check(error instanceof UserError, () => `an error of ours: ${textOf(error)}`);
  }

  isUsers(error: unknown, where: string): void {
    this.did(`${where}: ${String(error)}`);
    const isUsers = error instanceof UserError;
    const isExpected = error instanceof ActorsError && EXPECTED.has(error.code);
    // A deadline belongs to nobody: what throws there must have been caught before.
    const isFine = (isUsers || isExpected) && !where.includes('deadline');
    this.ledger.check(isFine, () => `${where}: ${textOf(error)}`);
  }

  lifeOf({ id, key, era, wakeCount, principal = 'nobody' }: Session<Basket>): Life {
    const isHome = era === 'modern';
    let life = this.lives.get(id);
    if (isHome && life !== undefined && wakeCount === 0) {
      const before = life;
      const isFine = isGone(before) || before.acked.size === 0 || this.process.user.faults > 0;
      this.ledger.check(isFine, () => `${id} begins anew while it is there`);
      life = undefined;
    }
    if (life === undefined) {
      life = newLife(id, principal, isHome ? `home-${this.ledger.nonce()}` : undefined);
      // Where its state can not always be stored, nothing of it is promised.
      life.isLoose = 'encode' in this.setting.faulty;
      this.lives.set(id, life);
    }
    this.ledger.check(life.user === principal, () => `${id} is now ${principal}'s`);
    this.ledger.check(life.key === '' || life.key === key, () => `${id} has another key`);
    life.key = key;
    this.#byKey.set(key, life);
    if (isHome) this.stateless?.homes.began(life);
    return life;
  }

  /** A factory is called. What it makes may be late, and is closed then. */
  building({ id, era, wakeCount }: Session<Basket>): void {
    // Where no client named it, another one may have its id.
    const isOther = era === 'modern' && wakeCount === 0;
    this.ledger.check(this.lives.get(id)?.isOver !== true || isOther, () => `${id} came back`);
  }

  built(life: Life, { epoch }: UserServer): void {
    this.did(`built ${life.id}.${epoch}`);
    const before = this.process.servers.findLast((each) => each.life === life);
    this.ledger.check(
      before === undefined || before.closes === 1 || this.process.user.faults > 0,
      () => `${life.id} has two servers`,
    );
    const isNew = epoch > life.epoch || life.isLoose;
    this.ledger.check(isNew, () => `${life.id} has epoch ${epoch} after ${life.epoch}`);
    life.epoch = epoch;
  }

  ended(key: string, reason: string): void {
    const life = this.#byKey.get(key);
    this.did(`ended ${life?.id} (${reason})`);
    if (life === undefined) return;
    // A session that is kept goes on in the next process.
    if (reason === 'drained' && this.disk !== undefined) return;
    // Where nobody named it, one that was never built has the name of the one before.
    const isFine = life.isHome || life.endedAt === undefined;
    this.ledger.check(isFine, () => `${life.id} ended twice`);
    life.endedAt = this.now;
  }

  /** The session goes on in the next process. */
  kept(key: string): void {
    const life = this.#byKey.get(key);
    this.did(`kept ${life?.id}`);
    if (life === undefined) return;
    this.ledger.check(this.disk !== undefined, () => `${life.id} is kept by no disk`);
    this.ledger.check(life.endedAt === undefined, () => `${life.id} ended and is kept`);
  }

  /** Something goes out. */
  said(port: StrictPort, text: string): void {
    const { asker } = port;
    this.census.said(asker, text.length);
    if (asker.call !== undefined && this.stateless !== undefined) {
      return this.#saidStateless(port, text, this.stateless);
    }
    for (const { sid, who, nonce, epoch, tokens } of payloadsIn(text)) {
      const what = (): string => `${nonce} of ${sid} (${who})`;
      const isTheirs = asker.sid === sid && asker.user === who;
      this.ledger.check(isTheirs, () => `${what()} went to ${asker.sid} (${asker.user})`);
      const life = this.lives.get(sid);
      if (life === undefined || tokens === undefined) continue;
      const isLate = !text.startsWith('event') && life.released.has(epoch);
      this.ledger.check(!isLate, () => `${what()} is a word of the dead`);
      this.#isDurable(life, tokens, what);
    }
    this.#inOrder(port, text);
  }

  #saidStateless({ asker }: StrictPort, text: string, stateless: Stateless): void {
    for (const payload of payloadsIn(text)) {
      const { nonce, sid, tokens } = payload;
      const life = stateless.carries(asker, payload);
      // The answer of a task is told for as long as the task is kept.
      const isKept = life !== undefined && stateless.homes.isKept(life);
      // What nobody has put anything into is not worth keeping.
      if (tokens === undefined || tokens.length === 0 || !isKept) continue;
      if (this.lives.get(life.id) !== life) continue;
      this.#isDurable(life, tokens, () => `${nonce} of ${sid}`);
    }
    stateless.said(asker, text);
  }

  /** The events of a port are in order. */
  #inOrder(port: StrictPort, text: string): void {
    const match = /^id: (\w+_\d+)_(\d+)$/m.exec(text);
    if (match === null) return;
    const [, stream = '', sequence] = match;
    const last = port.last ?? { stream, sequence: -1 };
    const isNext = last.stream === stream && Number(sequence) > last.sequence;
    this.ledger.check(isNext, () => `${stream}: ${sequence} after ${JSON.stringify(last)}`);
    port.last = { stream, sequence: Number(sequence) };
  }

  /** What an answer shows of a state is on the disk before the answer leaves. */
  #isDurable(life: Life, tokens: readonly number[], what: () => string): void {
    const { disk } = this;
    if (disk === undefined || disk.isTroubled || life.isLoose || life.endedAt !== undefined) return;
    if (this.process.isEnding(life.id)) return;
    const stored = tokensOf(disk.synced.peek(life.id)?.state);
    this.ledger.check(
      stored !== undefined && tokens.every((token) => stored.includes(token)),
      () => `${what()} left with ${tokens.join()}, and the disk has ${stored?.join()}`,
    );
  }
}

/** The tokens of a state as it is stored. */
function tokensOf(state: unknown): readonly number[] | undefined {
  if (typeof state === 'string') return state.split(' ').filter(Boolean).map(Number);
  return (state as Basket | undefined)?.tokens;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
