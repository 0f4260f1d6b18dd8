import type { Session } from 'mcp-actors';
import type { SessionStore } from '../../../src/store/store.ts';
import { turn } from '../eventually.ts';
import { FakeServer } from '../fakeServer.ts';
import { type Faults, FaultyStore } from '../faultyStore.ts';
import { type HookManner, RECOVERY_MS, type Setting } from './history.ts';
import type { Ledger } from './ledger.ts';
import { type Life, newLife } from './life.ts';
import { type BasketOptions, PROCESS_LIMITS, SleepProcess } from './process.ts';
import { type Basket, Incarnation } from './servers.ts';

/** Where the records of one history are; a memory that ends with its process has none. */
export interface Home {
  open(): SessionStore;
  /** The process that had it has died. */
  abandon(store: SessionStore): Promise<void>;
}

/** The machine: one process after the other, over the same store, and every session there was. */
export class Machine {
  readonly setting: Setting;
  readonly ledger: Ledger;
  /** Requests their servers have answered; `fresh` until their store has had the time to hear of it. */
  readonly answered = new Map<number, 'fresh' | 'stored' | 'perhaps'>();
  readonly lives = new Map<string, Life>();
  readonly #home: Home | undefined;
  #store: SessionStore | undefined;
  faulty: FaultyStore | undefined;
  process!: SleepProcess;
  /** Numbers of the processes that drained, or were closed. */
  readonly drained = new Set<number>();
  /** Changes with every change of the faults and every process. */
  weather = 0;
  /** Calls to the store may fail. */
  isStormy = false;
  /** Calls to the store take longer than anybody waits. */
  isHanging = false;
  /** Since when the store does what it is asked to. */
  calmSince = 0;
  /** When it last did not, in whichever process. */
  stormedAt = 0;
  /** Calls to the store that wait for time to pass. */
  #naps = 0;
  #sleeps = 0;
  #wakes = 0;

  constructor(setting: Setting, ledger: Ledger, home: Home | undefined) {
    this.setting = setting;
    this.ledger = ledger;
    this.#home = home;
  }

  get isDurable(): boolean {
    return this.#home !== undefined;
  }

  get now(): number {
    return this.process.clock.now();
  }

  start(): void {
    const last = this.process as SleepProcess | undefined;
    const number = (last?.number ?? 0) + 1;
    const at = last?.clock.now() ?? 1_000_000;
    this.weather++;
    this.isStormy = this.isHanging = false;
    this.#naps = 0;
    if (this.#home !== undefined) {
      this.#store = this.#home.open();
      const wait = (): Promise<void> => (this.isHanging ? this.#nap(process) : turn());
      const seed = this.setting.seed + number;
      // A store may be slow from the beginning.
      this.faulty = new FaultyStore(this.#store, seed, { slow: seed % 3 === 0 ? 0.6 : 0 }, wait);
    }
    const process = new SleepProcess(this, number, at, this.#options());
    this.process = process;
    this.calmSince = at;
  }

  async #nap(process: SleepProcess): Promise<void> {
    this.#naps++;
    await process.nap(450);
    if (process === this.process) this.#naps--;
  }

  #options(): BasketOptions {
    const { onSleep, onWake, serializes, onCrash, maxSessions, maxSleeping, responseMode } =
      this.setting;
    let ids = 0;
    const number = ((this.process as SleepProcess | undefined)?.number ?? 0) + 1;
    return {
      ...PROCESS_LIMITS,
      onCrash,
      maxSessions,
      maxSleeping,
      responseMode,
      createId: () => `s${number}-${++ids}`,
      principal: (_, { headers }) => headers['x-user'] as string | undefined,
      state: {
        create: () => ({ tokens: [] }),
        ...(serializes && {
          encode: ({ tokens }: Basket) => tokens.join(' '),
          decode: (text: unknown) => ({
            tokens: String(text).split(' ').filter(Boolean).map(Number),
          }),
        }),
      },
      server: (session) => this.#serve(session, number),
      ...(this.faulty !== undefined && { store: this.faulty }),
      ...(onSleep.length > 0 && { onSleep: () => this.#hook(onSleep, this.#sleeps++) }),
      ...(onWake.length > 0 && {
        onWake: async () => void (await this.#hook(onWake, this.#wakes++)),
      }),
    };
  }

  #hook(manners: readonly HookManner[], count: number): unknown {
    const manner = manners[count % manners.length];
    if (manner === 'throws') throw new Error('hook');
    if (manner === 'refuses') return false;
    return manner === 'slow' ? this.process.nap(400) : undefined;
  }

  #serve(session: Session<Basket>, number: number): FakeServer {
    const { ledger, process } = this;
    // One that is dead goes on where nobody sees it.
    if (number !== process.number || process.isDead) return new FakeServer();
    const { id, key, principal } = session;
    let life = this.lives.get(id);
    if (life === undefined) {
      ledger.check(session.wakeCount === 0, () => `${id} woke and was never opened`);
      life = newLife(id, principal, key);
      this.lives.set(id, life);
    }
    const epoch = session.wakeCount + 1;
    ledger.check(life.key === key && life.user === principal, () => `${id} is somebody else now`);
    ledger.check(
      life.isEpochLoose ? !life.epochs.has(epoch) : epoch > life.epoch,
      () => `${id} has epoch ${epoch} after ${life.epoch}`,
    );
    ledger.check(life.end !== 'surely' && life.end !== 'here', () => `${id} came back`);
    life.epoch = epoch;
    life.epochs.add(epoch);
    life.isEpochLoose = !this.isCalm;
    const last = process.incarnations.findLast((each) => each.life === life);
    ledger.check(
      last === undefined || last.server.closes === 1,
      () => `${id} has two servers in one process`,
    );
    const made = new Incarnation(
      session,
      life,
      ledger,
      () => process.nap(300),
      () => process.isDead,
    );
    process.incarnations.push(made);
    process.handles.set(id, session);
    return made.server;
  }

  weathers(faults: Faults, isHanging: boolean): void {
    if (this.faulty === undefined) return;
    this.weather++;
    this.#noteStorm();
    this.faulty.faults = faults;
    this.isHanging = isHanging;
    const { failing = 0, torn = 0 } = faults;
    this.isStormy = failing > 0 || torn > 0;
    this.calmSince = this.now;
  }

  #noteStorm(): void {
    if (this.isStormy || this.isHanging) this.stormedAt = this.now;
  }

  /** Nothing goes wrong that could, and what did has been mended. */
  get isCalm(): boolean {
    if (!this.isDurable) return true;
    return !this.isStormy && !this.isHanging && this.now - this.calmSince >= RECOVERY_MS;
  }

  /** An operator was refused. */
  mayFail(error: unknown): void {
    // Whoever is ended with all of a principal, or looked for, may be damaged.
    if ((error as { code?: string }).code === 'record-corrupt') return;
    const { isDead, draining } = this.process;
    const isExcused = !this.isCalm || isDead || draining !== undefined;
    this.ledger.check(isExcused, () => `an operator met ${String(error)}`);
  }

  /** Everything that can happen without time passing has happened. */
  readonly settle = async (): Promise<void> => {
    for (let rest = 4; rest > 0;) {
      await turn();
      // Calls that wait for time to pass are not waited for.
      const isWaiting = (this.faulty?.busy ?? 0) > this.#naps;
      rest = isWaiting ? 4 : rest - 1;
    }
  };

  elapse(ms: number): Promise<void> {
    return this.process.clock.pass(ms, this.settle);
  }

  /** The process dies; the next one starts. */
  async kill(): Promise<void> {
    this.process.isDead = true;
    this.ended(false);
    this.process.freeze();
    await this.faulty?.crash();
    if (this.#store !== undefined) await this.#home?.abandon(this.#store);
    this.start();
  }

  /** Something has begun to end it. */
  #isEnding({ path, causes }: Life): boolean {
    if (!/^(closing|evicted)/.test(path)) return false;
    return this.process.draining === undefined || causes.size > 0;
  }

  /** What is known of every session after the end of a process. @param isOrderly nothing was lost */
  ended(isOrderly: boolean): void {
    this.#noteStorm();
    for (const [token, is] of this.answered)
      if (is === 'fresh') this.answered.set(token, 'perhaps');
    for (const life of this.lives.values()) {
      if (!this.isDurable) life.end = 'surely';
      else if (life.end === 'here') life.end = isOrderly ? 'surely' : 'perhaps';
      else if (life.end === undefined && (life.isDamaged || (!isOrderly && this.#isEnding(life)))) {
        life.end = 'perhaps';
      }
      if (life.end === 'perhaps') life.endedIn = 0;
      life.isDamaged = false;
      life.path = 'idle.asleep';
      life.level = 0;
      const isStored = (at: number): boolean => this.isCalm && this.now - at >= 500;
      const isAttached = life.streams.some(({ status, hasEnded }) => status === 200 && !hasEnded);
      if (isAttached && isStored(life.attachedAt)) life.lastUse = this.now;
      if (!isOrderly && !isStored(life.confirmedAt)) life.isDoubtful = true;
      if (isOrderly) for (const token of life.acked.keys()) life.durable.add(token);
      for (const token of life.acked.keys()) if (!life.durable.has(token)) life.acked.delete(token);
      for (const [n, is] of life.told) if (is === 'fresh') life.told.set(n, 'perhaps');
      life.words.clear();
      life.owned = 0;
    }
  }
}
