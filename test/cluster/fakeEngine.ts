import { ActorsError } from '../../src/base/errors.ts';
import {
  type Beat,
  bootOf,
  type Engine,
  type Incarnation,
  type Owned,
  type Reasserted,
  type Space,
} from '../../src/cluster/engine.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

interface Kept {
  /** Empty: nobody's. */
  owner: Incarnation;
  token: number;
  revision: number;
}

/** What a node uses of an engine. */
type NodeEngine = Pick<Engine, 'join' | 'renew' | 'leave' | 'space' | 'onReconnect'>;

/** An engine in memory, as much of it as the life of a node needs, with the failures of a real one. */
export class FakeEngine implements NodeEngine {
  readonly #clock: VirtualClock;
  readonly #reconnected: (() => void)[] = [];
  readonly #pending = new Set<() => void>();
  readonly leases = new Map<Incarnation, number>();
  readonly sessions = new Map<string, Kept>();
  /** Every call, in order. */
  readonly log: string[] = [];
  /** What is done when a call begins, by the name of the call. */
  readonly before = new Map<string, () => unknown>();
  /** By how much the engine's clock is ahead. */
  aheadMs = 0;
  server = 'one';
  since: number;
  isDown = false;
  /** How many calls are made whose answers are lost, from now on. */
  answersToLose = 0;
  latencyMs = 1;
  /** Names the turn in which a call is made. */
  turn: () => string = () => '';
  /** How often a call was made while another of the same turn was under way. */
  overlaps = 0;
  readonly #underWay: string[] = [];
  /** Told when a lease was given. @param askedAt when it was asked for */
  granted: (as: Incarnation, askedAt: number) => void = () => {};
  /** Told of each answer to a reassertion. @param turn in which it was asked for */
  asserted: (print: string, answer: Reasserted, turn: string) => void = () => {};

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.since = clock.now() - 3_600_000;
  }

  now(): number {
    return this.#clock.now() + this.aheadMs;
  }

  isAlive(incarnation: Incarnation): boolean {
    return (this.leases.get(incarnation) ?? -Infinity) > this.#clock.now();
  }

  /** What is asked and not answered fails, and there is another connection. */
  reconnect(): void {
    this.isDown = false;
    for (const fail of this.#pending) fail();
    for (const listener of this.#reconnected) listener();
  }

  /** Another server, which has forgotten all or some. */
  failOver(name: string, forgotten: readonly string[] = [...this.sessions.keys()]): void {
    this.server = name;
    this.since = this.now();
    for (const print of forgotten) this.sessions.delete(print);
  }

  join(as: Incarnation, leaseMs: number): Promise<Beat> {
    const askedAt = this.#clock.now();
    return this.#call('join', `join ${as}`, () => {
      this.granted(as, askedAt);
      this.leases.set(as, this.#clock.now() + leaseMs);
      return this.#beat(true);
    });
  }

  renew(as: Incarnation, leaseMs: number): Promise<Beat> {
    const askedAt = this.#clock.now();
    return this.#call('renew', `renew ${as}`, () => {
      const isKept = this.isAlive(as);
      if (isKept) this.granted(as, askedAt);
      if (isKept) this.leases.set(as, this.#clock.now() + leaseMs);
      return this.#beat(isKept);
    });
  }

  leave(as: Incarnation): Promise<void> {
    return this.#call('leave', `leave ${as}`, () => void this.leases.delete(as));
  }

  space(name: string | undefined): Space {
    const space: Pick<Space, 'reassert'> = {
      reassert: (by, owned) => {
        const text = `reassert ${by} ${name ?? '-'}: ${owned.map(({ print }) => print).join(' ')}`;
        const turn = this.turn();
        return this.#call('reassert', text, () =>
          owned.map((each) => {
            const answer = this.#reassert(by, each);
            this.asserted(each.print, answer, turn);
            return answer;
          }),
        );
      },
    };
    // A node uses nothing else of a space.
    return space as Space;
  }

  onReconnect(listener: () => void): void {
    this.#reconnected.push(listener);
  }

  #beat(isKept: boolean): Beat {
    return { isKept, now: this.now(), server: this.server, since: this.since };
  }

  #reassert(by: Incarnation, { print, token, revision }: Owned): Reasserted {
    const kept = this.sessions.get(print);
    if (kept === undefined || kept.token < token) {
      this.sessions.set(print, { owner: by, token, revision: -1 });
      return 'again';
    }
    const isOurs = kept.owner === '' || bootOf(kept.owner) === bootOf(by);
    if (kept.token > token || !isOurs) return 'lost';
    kept.owner = by;
    return kept.revision < revision ? 'again' : 'ours';
  }

  async #call<T>(name: string, text: string, run: () => T): Promise<T> {
    this.log.push(text);
    this.before.get(name)?.();
    const turn = this.turn();
    if (this.#underWay.includes(turn)) this.overlaps++;
    this.#underWay.push(turn);
    try {
      await this.#way();
      if (this.isDown) throw unavailable();
      const answer = run();
      const isLost = this.answersToLose > 0;
      if (isLost) this.answersToLose--;
      await this.#way();
      if (isLost) throw unavailable();
      return answer;
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(turn), 1);
    }
  }

  /** One way to the engine, or back. */
  #way(): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#pending.delete(fail);
        this.#clock.clearTimeout(timer);
      };
      const fail = (): void => (over(), reject(unavailable()));
      const timer = this.#clock.setTimeout(() => (over(), resolve()), this.latencyMs / 2);
      this.#pending.add(fail);
    });
  }
}

function unavailable(): ActorsError {
  return new ActorsError('store-unavailable', 'the engine can not be asked');
}
