import { isDeepStrictEqual } from 'node:util';
import type { Ledger } from '../ledger.ts';
import type { SimDisk } from '../simDisk.ts';
import type { Moment } from './moment.ts';
import type { StatelessCall } from './call.ts';
import { TASK_LIMITS } from './setting.ts';

type Params = Readonly<Record<string, unknown>>;

/** A task that a client was told of. */
interface Known {
  readonly call: StatelessCall;
  readonly process: number;
  readonly at: number;
  /** Its client has heard its id. */
  isHeard: boolean;
  /** What it has come to, once somebody was told. */
  outcome: Params | undefined;
  /** Its client does not want it any more, and was told that this is known. */
  isCancelled: boolean;
  /** The store had trouble, or no room: it may be forgotten. */
  isLoose: boolean;
}

const FINISHED: ReadonlySet<unknown> = new Set(['completed', 'failed', 'cancelled']);

/** What is told of tasks: to whom, in which order, and whether a store has it by then. */
export class TaskLedger {
  readonly #ledger: Ledger;
  readonly #disk: SimDisk | undefined;
  readonly #now: () => Moment;
  readonly #known = new Map<string, Known>();

  constructor(ledger: Ledger, disk: SimDisk | undefined, now: () => Moment) {
    this.#ledger = ledger;
    this.#disk = disk;
    this.#now = now;
  }

  /** The ids of all tasks that their clients have heard of, the newest last. */
  get heard(): readonly string[] {
    return [...this.#known].filter(([, { isHeard }]) => isHeard).map(([id]) => id);
  }

  callOf(id: string): StatelessCall | undefined {
    return this.#known.get(id)?.call;
  }

  /** A call is answered with a task. */
  created(id: string, call: StatelessCall): void {
    const { process, at } = this.#now();
    const isNew = !this.#known.has(id) && call.task === undefined;
    this.#ledger.check(isNew, () => `task ${id} of ${call.nonce} is made twice`);
    call.task = id;
    const isLoose = this.#disk?.isTroubled === true;
    const fresh = { isHeard: false, outcome: undefined, isCancelled: false };
    this.#known.set(id, { call, process, at, isLoose, ...fresh });
    this.#isStored(id, undefined);
  }

  /** The client of a call has heard that the call is a task. */
  hears(id: string): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.isHeard = true;
  }

  /** A client is told of a task. */
  told(user: string, details: Params): void {
    const id = String(details['taskId']);
    const known = this.#known.get(id);
    const owner = known?.call.user;
    this.#ledger.check(owner === user, () => `task ${id} of ${owner} is told to ${user}`);
    if (known === undefined) return;
    const { status, result, error } = details;
    const outcome = { status, result, error };
    const before = known.outcome;
    this.#ledger.check(
      before === undefined || known.isLoose || isDeepStrictEqual(before, outcome),
      () => `task ${id} was ${JSON.stringify(before)}, and is ${JSON.stringify(outcome)}`,
    );
    if (!FINISHED.has(status)) {
      const { process } = this.#now();
      const isHere = known.process === process && !known.isCancelled;
      return this.#ledger.check(isHere || known.isLoose, () => `task ${id} is ${String(status)}`);
    }
    if (before === undefined) this.#isStored(id, status);
    known.outcome = outcome;
    if (this.#disk?.isTroubled === true) known.isLoose = true;
  }

  /** A client is told that its cancel is taken. */
  cancelled(id: string): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.isCancelled = true;
  }

  /** A client is told that there is no such task. */
  unknown(id: string, user: string): void {
    const known = this.#known.get(id);
    if (known === undefined || known.call.user !== user || known.isLoose) return;
    const { process, at, faults } = this.#now();
    const isOld = at >= known.at + TASK_LIMITS.ttlMs;
    const isLost = this.#disk === undefined && known.process !== process;
    this.#ledger.check(isOld || isLost || faults > 0, () => {
      return `task ${id} of ${user} is unknown`;
    });
  }

  /** Any task there is may be forgotten from here on, or one of them. */
  loosen(id?: string): void {
    for (const [each, known] of this.#known) known.isLoose ||= id === undefined || each === id;
  }

  /** What is told of a task is on the disk before. */
  #isStored(id: string, status: unknown): void {
    const disk = this.#disk;
    const known = this.#known.get(id)!;
    if (disk === undefined || disk.isTroubled || known.isLoose) return;
    // What an earlier process did not finish is not stored again.
    if (known.process !== this.#now().process) return;
    const state = disk.part('tasks').synced.peek(id)?.state as Params | undefined;
    const isStored = state !== undefined && (status === undefined || state['status'] === status);
    this.#ledger.check(isStored, () => {
      return `task ${id} is told (${String(status)}), and the disk has ${String(state?.['status'])}`;
    });
  }
}
