import { createRuntime, type Runtime, type RuntimeOptions, type Session } from 'mcp-actors';
import { endpointOf } from '../../../src/http/endpointOf.ts';
import type { SessionActor } from '../../../src/session/sessionActor.ts';
import { type Door, openDoor } from '../door.ts';
import { PacedClock } from './pacedClock.ts';
import { WireClient } from '../wireClient.ts';
import { RECOVERY_MS, type Setting } from './history.ts';
import type { Ledger } from './ledger.ts';
import type { Life } from './life.ts';
import type { Basket, Incarnation } from './servers.ts';

export const PROCESS_LIMITS = {
  quietMs: 1000,
  idleTimeoutMs: 5000,
  evictAfterMs: 60_000,
  handshakeTimeoutMs: 10_000,
  closeTimeoutMs: 2000,
  unreachableAfterMs: 3000,
  replayMs: 40_000,
  sseAfterMs: 50,
  storeTimeoutMs: 4000,
  writeBehindMs: 100,
  keepAliveMs: 20_000,
} as const;

/** What may end a session, by the reason it is announced with. */
const CAUSES: Readonly<Record<string, string>> = {
  terminated: 'deleted',
  crashed: 'crashed',
  revoked: 'evicted',
};

/** What one process knows of the machine it runs on. */
/** Options that say what a basket is. */
export type BasketOptions = RuntimeOptions<Basket> &
  Required<Pick<RuntimeOptions<Basket>, 'state'>>;

interface History {
  readonly setting: Setting;
  readonly ledger: Ledger;
  readonly lives: ReadonlyMap<string, Life>;
  /** Requests their servers have answered. */
  readonly answered: Map<number, 'fresh' | 'stored' | 'perhaps'>;
  readonly isDurable: boolean;
  readonly now: number;
  /** When the store last did not do what it was asked to. */
  readonly stormedAt: number;
}

/** One process of a history: a runtime on a clock of its own, and who knocked at its door. */
export class SleepProcess {
  readonly number: number;
  readonly clock: PacedClock;
  readonly runtime: Runtime<Basket>;
  readonly incarnations: Incarnation[] = [];
  /** What its own code holds of its sessions. */
  readonly handles = new Map<string, Session<Basket>>();
  readonly #machine: History;
  readonly #clients = new Map<string, WireClient>();
  readonly #keys = new Map<string, Life>();
  #door: Promise<Door> | undefined;
  /** Begun, and perhaps over. */
  draining: Promise<unknown> | undefined;
  /** The weather it was handed over in; -1 where not all was well. */
  drainedIn: number | undefined;
  isDead = false;
  isClosed = false;

  constructor(machine: History, number: number, at: number, options: BasketOptions) {
    this.#machine = machine;
    this.number = number;
    this.clock = new PacedClock(at);
    this.runtime = createRuntime<Basket>({ ...options, clock: this.clock });
    const { ledger } = machine;
    this.runtime.on('endpoint.failed', ({ error }) => {
      ledger.check(this.isDead, () => `endpoint failed: ${String(error)}`);
    });
    this.runtime.on('observer.failed', ({ error }) => ledger.check(false, () => String(error)));
    this.runtime.on('session.transition', ({ session, to }) => {
      const life = this.#lifeOf(session);
      if (life !== undefined && !this.isDead) life.path = to;
    });
    this.runtime.on('session.ended', ({ session, reason }) => {
      const life = this.#lifeOf(session);
      if (life !== undefined && !this.isDead) this.#ended(life, reason);
    });
    this.runtime.on('session.kept', ({ session }) => {
      const life = this.#lifeOf(session);
      if (life === undefined || this.isDead) return;
      ledger.check(machine.isDurable, () => `${life.id} is kept by no store`);
      this.#ended(life, 'drained');
    });
  }

  /** Some time passes, and everything with it. */
  nap(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimeout(resolve, ms));
  }

  /** The client of one session at this door. */
  async client(life: Life): Promise<WireClient> {
    let client = this.#clients.get(life.id);
    if (client === undefined) {
      client = await this.stranger(life.user);
      client.id = life.id;
      this.#clients.set(life.id, client);
    }
    return client;
  }

  async stranger(user: string | undefined): Promise<WireClient> {
    this.#door ??= openDoor('fetch', this.runtime);
    const headers = user === undefined ? {} : { headers: { 'x-user': user } };
    return new WireClient(await this.#door, headers);
  }

  /** The server a session has now. */
  incarnation(life: Life): Incarnation | undefined {
    const last = this.incarnations.findLast((each) => each.life === life);
    return last?.server.closes === 0 ? last : undefined;
  }

  /** One request is answered that waits for it, perhaps by a server that is released. */
  answer(which: number): void {
    const all = this.incarnations.flatMap((each) =>
      each.held.map((held) => (): void => {
        // A released one speaks to nobody.
        if (each.server.closes === 0) this.#machine.answered.set(held.token, 'fresh');
        each.answer(held);
      }),
    );
    all[which % all.length]?.();
  }

  answerAll(): void {
    for (const each of this.incarnations) for (const held of each.held.slice()) each.answer(held);
  }

  /** What an operator was told of an eviction. */
  evicted(life: Life, wasThere: boolean): void {
    if (this.isDead) return;
    if (wasThere) {
      life.end = 'surely';
      return;
    }
    const isOver = life.end !== undefined || life.isDamaged || this.draining !== undefined;
    this.#machine.ledger.check(
      isOver || /^(closing|evicted)/.test(life.path),
      () => `${life.id} (${life.path}) was not there to be evicted`,
    );
  }

  /** Nobody hears anything of it any more. */
  freeze(): void {
    this.isDead = true;
    for (const life of this.#machine.lives.values()) {
      for (const call of life.calls) {
        if (call.isSettled) continue;
        for (const part of call.parts) part.leave();
        call.isKilled = true;
      }
      for (const stream of life.streams) stream.leave();
    }
  }

  /** What the books of a runtime must say at any moment. */
  audit(): void {
    const { ledger } = this.#machine;
    const { directory, timers } = endpointOf(this.runtime);
    const { quiet, idle, evict, handshake, closing } = directory.supervisor.lifetimes;
    const { keepAlive } = timers;
    const here = new Set(this.runtime.residents().map(({ id }) => id));
    for (const queue of [quiet, idle, evict, handshake, closing]) {
      for (const life of queue.items()) {
        const { id, path } = life as SessionActor;
        ledger.check(here.has(id), () => `${id} is gone (${path}) and has a deadline`);
      }
    }
    for (const port of keepAlive.items()) {
      ledger.check(!port.gone, () => 'a port is gone and kept alive');
    }
    const { sessions, handshakes, streams, inFlight } = this.runtime.stats();
    for (const [name, count] of Object.entries({ ...sessions, handshakes, streams, inFlight })) {
      ledger.check(count >= 0, () => `${count} ${name}`);
    }
  }

  /** What the counters say is what there is. */
  async tally(): Promise<void> {
    const { ledger } = this.#machine;
    const before = JSON.stringify(this.runtime.stats().sessions);
    const counts = { initializing: 0, active: 0, idle: 0, asleep: 0, closing: 0, total: 0 };
    const ids = new Set<string>();
    for (let after: string | undefined; ;) {
      const page = await this.runtime.list({ limit: 3, ...(after !== undefined && { after }) });
      for (const { id, state } of page.sessions) {
        ledger.check(!ids.has(id), () => `${id} is listed twice`);
        ids.add(id);
        counts.total++;
        if (state === 'idle.asleep') counts.asleep++;
        // Every state but that one counts as what it begins with.
        else counts[state.split('.')[0] as 'active']++;
        const life = this.#machine.lives.get(id);
        ledger.check(
          life?.end !== 'surely' || state.startsWith('closing'),
          () => `${id} has ended and is listed`,
        );
      }
      after = page.next;
      if (after === undefined) break;
    }
    const { sessions } = this.runtime.stats();
    if (JSON.stringify(sessions) !== before) return;
    const [counted, found] = [sessions, counts].map((each) =>
      JSON.stringify(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    );
    ledger.check(counted === found, () => `counted ${counted}, found ${found}`);
    for (const life of this.#machine.lives.values()) {
      const isLost = life.isKnown && life.end === undefined && !life.isDamaged && !ids.has(life.id);
      ledger.check(!isLost, () => `${life.id} (${life.path}) is lost`);
    }
  }

  /** After `close()`: nothing is left. */
  auditClosed(): void {
    const { ledger, isDurable } = this.#machine;
    const { sessions, handshakes, streams, inFlight, spawned, evicted } = this.runtime.stats();
    const left = { total: sessions.total, handshakes, streams, inFlight };
    for (const [name, count] of Object.entries(left)) {
      ledger.check(count === 0, () => `${count} ${name} after close`);
    }
    const ended = Object.values(evicted).reduce((sum, count) => sum + count, 0);
    ledger.check(isDurable || ended === spawned, () => `${spawned} spawned, ${ended} ended`);
    ledger.check(this.clock.pending === 0, () => `${this.clock.pending} timers after close`);
    for (const { server, life } of this.incarnations) {
      ledger.check(
        server.closes === 1,
        () => `a server of ${life.id} was closed ${server.closes}x`,
      );
    }
    const { deadLetters } = this.runtime.stats();
    const counted = Object.values(deadLetters).reduce((sum, count) => sum + count, 0);
    const kept = this.runtime.deadLetters();
    ledger.check(
      counted === kept.length && kept.every(({ reason }) => reason in deadLetters),
      () => `${counted} dead letters counted, ${kept.length} kept`,
    );
  }

  #lifeOf(key: string): Life | undefined {
    let life = this.#keys.get(key);
    if (life === undefined) {
      for (const each of this.#machine.lives.values()) if (each.key === key) life = each;
      if (life !== undefined) this.#keys.set(key, life);
    }
    return life;
  }

  #ended(life: Life, reason: string): void {
    const { ledger, setting, isDurable, now, stormedAt } = this.#machine;
    const cause = CAUSES[reason];
    const throws = [...setting.onSleep, ...setting.onWake].includes('throws');
    const unused = now - life.lastUse;
    const isAttached = life.streams.some(
      (each) => each.status === 200 && !each.isOver && !each.hasEnded,
    );
    const isHere = life.lastProcess === this.number;
    const isLegitimate =
      reason === 'expired'
        ? !isAttached &&
          (isHere ? unused >= 60_000 : unused >= 28_000 || stormedAt >= life.lastUse - RECOVERY_MS)
        : reason === 'capacity'
          ? setting.maxSessions < 100 || setting.maxSleeping < 100
          : reason === 'handshake-timeout'
            ? !life.isHeard || life.isDoubtful
            : reason === 'drained'
              ? this.draining !== undefined
              : (reason === 'crashed' && throws) ||
                (cause !== undefined &&
                  (life.causes.has(cause) || (reason === 'terminated' && !life.isKnown)));
    ledger.check(
      isLegitimate || life.end === 'perhaps',
      () => `${life.id} ended (${reason}), unused for ${unused}, attached: ${isAttached}`,
    );
    ledger.check(life.owned === 0, () => `${life.id} ended and owns ${life.owned}`);
    const isAgain = life.endedIn === this.number || (life.end === 'surely' && life.endedIn > 0);
    ledger.check(!isAgain, () => `${life.id} ended twice`);
    if (reason === 'drained' && isDurable) {
      if (isAttached) life.lastUse = now;
      return;
    }
    if (life.end !== 'surely') life.end = 'here';
    life.endedAt = now;
    life.endedIn = this.number;
  }
}
