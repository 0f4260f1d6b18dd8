import { ActorsError } from '../../src/base/errors.ts';
import type { Rows, SessionRecord } from '../../src/store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StorePart,
} from '../../src/store/store.ts';
import { Platter } from './platter.ts';
import type { Completion, Scheduler } from './scheduler.ts';
import type { Sheet } from './sheet.ts';

/** How a disk is now. */
export interface Weather {
  /** Each call takes from nothing to this long, in milliseconds. */
  readonly latencyMs: number;
  /** How often a call is refused, from 0 to 1. */
  readonly errors: number;
  /** Nothing comes back until it does not hang any more. */
  readonly hangs: boolean;
  /** Writes are refused: no space is left. */
  readonly isFull: boolean;
}

export const FAIR: Weather = { latencyMs: 0, errors: 0, hangs: false, isFull: false };

interface Write {
  readonly changes: readonly StoreChange[];
  readonly at: number;
  readonly done: (error?: Error) => void;
}

/**
 * A disk that outlives the processes that use it. Commits are whole and in order: first everybody
 * who reads sees one, later it is synced, and only then the writer is told.
 */
export class SimDisk {
  readonly #scheduler: Scheduler;
  weather = FAIR;
  readonly #sessions = new Platter();
  readonly #parts = new Map<StorePart, Platter>();
  /** When it last failed, or kept somebody waiting for too long. */
  troubledAt = -Infinity;
  /** The most changes of one session that one write had. */
  mostChanges = 0;
  #stores: SimStore[] = [];
  #held: Completion[] = [];
  readonly #patienceMs: number;
  readonly #hasParts: boolean;

  /**
   * @param patienceMs how long a caller waits
   * @param hasParts it keeps more than sessions
   */
  constructor(scheduler: Scheduler, patienceMs: number, hasParts: boolean) {
    this.#scheduler = scheduler;
    this.#patienceMs = patienceMs;
    this.#hasParts = hasParts;
  }

  /** What a process that was killed leaves of its sessions. */
  get committed(): Sheet {
    return this.#sessions.committed;
  }

  /** The same of a machine that lost its power. */
  get synced(): Sheet {
    return this.#sessions.synced;
  }

  /** What else than sessions is kept. */
  part(name: StorePart): Platter {
    let part = this.#parts.get(name);
    if (part === undefined) this.#parts.set(name, (part = new Platter()));
    return part;
  }

  get now(): number {
    return this.#scheduler.clock.now();
  }

  /** A process opens it. */
  open(): SessionStore {
    const store = this.#open(this.#sessions, '');
    if (this.#hasParts) store.part = (name) => this.#open(this.part(name), ` of ${name}`);
    return store;
  }

  #open(platter: Platter, name: string): SimStore {
    const store = new SimStore(this, platter, name);
    this.#stores.push(store);
    return store;
  }

  /** From here on, also for what hangs. */
  become(weather: Weather): void {
    if (this.#isTrouble(this.weather) || this.#isTrouble(weather)) this.#trouble(0);
    this.weather = weather;
    if (weather.hangs) return;
    for (const held of this.#held.splice(0)) held.due = this.now;
  }

  /** Something may go wrong now, or went wrong a moment ago. */
  get isTroubled(): boolean {
    return this.wasTroubled(this.now);
  }

  /** Something may have gone wrong since a time, or a moment before. */
  wasTroubled(since: number): boolean {
    return this.#isTrouble(this.weather) || since - this.troubledAt < this.#patienceMs;
  }

  /** Its process dies. @param loses what was not synced */
  crash(loses: 'uncommitted' | 'unsynced'): void {
    for (const store of this.#stores.splice(0)) store.die();
    this.#held = [];
    for (const platter of [this.#sessions, ...this.#parts.values()]) platter.crash(loses);
  }

  /** Something will be done, in its time. */
  later(label: string, run: () => void): void {
    const { latencyMs, hangs } = this.weather;
    const latency = latencyMs === 0 ? 0 : this.#scheduler.random.below(latencyMs);
    if (latency >= this.#patienceMs / 4) this.#trouble(latency);
    const completion = this.#scheduler.add(
      `disk ${label}`,
      run,
      hangs ? Infinity : this.now + latency,
    );
    if (hangs) this.#held.push(completion);
  }

  refuses(): boolean {
    const { errors } = this.weather;
    if (errors === 0 || !this.#scheduler.random.chance(errors)) return false;
    this.#trouble(0);
    return true;
  }

  /** The process stands still: what it waits for is late when it looks again. */
  stalls(ms: number): void {
    if (ms >= this.#patienceMs / 4) this.#trouble(ms);
  }

  #trouble(forMs: number): void {
    this.troubledAt = Math.max(this.troubledAt, this.now + forMs);
  }

  #isTrouble({ latencyMs, errors, hangs, isFull }: Weather): boolean {
    return errors > 0 || hangs || isFull || latencyMs >= this.#patienceMs / 4;
  }
}

/** The disk, as one process uses it. */
class SimStore implements SessionStore {
  readonly isDurable = true;
  part?: (name: StorePart) => SessionStore;
  readonly #disk: SimDisk;
  readonly #platter: Platter;
  readonly #name: string;
  readonly #writes: Write[] = [];
  #isDead = false;

  constructor(disk: SimDisk, platter: Platter, name: string) {
    this.#disk = disk;
    this.#platter = platter;
    this.#name = name;
  }

  die(): void {
    this.#isDead = true;
  }

  get(id: string): Promise<SessionRecord | undefined> {
    return this.#read(`get of ${id}`, (sheet) => {
      if (!sheet.corrupt.has(id)) return sheet.get(id);
      this.#platter.write([{ type: 'remove', id }]);
      throw new ActorsError('record-corrupt', 'a value that can not be read');
    });
  }

  page(query: RecordQuery): Promise<RecordPage> {
    return this.#read('page', (sheet) => sheet.page(query));
  }

  due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    return this.#read('due', (sheet) => sheet.due(now, limit));
  }

  count(principal?: string): Promise<number> {
    return this.#read('count', (sheet) => sheet.count(principal));
  }

  rows(id: string): Promise<Rows> {
    return this.#read('rows', (sheet) => sheet.rows(id));
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    const disk = this.#disk;
    const sizes = new Map<string, number>();
    for (const change of changes) {
      const id = change.type === 'put' ? change.record.id : change.id;
      sizes.set(id, (sizes.get(id) ?? 0) + 1);
    }
    for (const size of sizes.values()) disk.mostChanges = Math.max(disk.mostChanges, size);
    if (this.#isDead) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      this.#writes.push({ changes: structuredClone(changes), at: disk.now, done });
      if (this.#writes.length === 1) this.#begin();
    });
  }

  async close(): Promise<void> {
    await this.#read('close', () => undefined);
  }

  #read<T>(label: string, read: (sheet: Sheet) => T): Promise<T> {
    if (this.#isDead) return new Promise(() => {});
    const disk = this.#disk;
    return new Promise((resolve, reject) => {
      disk.later(`${label}${this.#name}`, () => {
        if (this.#isDead) return;
        try {
          if (disk.refuses()) throw new Error('input/output error');
          resolve(read(this.#platter.committed));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  #begin(): void {
    const disk = this.#disk;
    const { changes } = this.#writes[0]!;
    const what = changes.map((each) => nameOf(each)).join(', ');
    disk.later(`commit${this.#name} of ${what}`, () => {
      if (this.#isDead) return;
      const isRefused = disk.refuses() || disk.weather.isFull;
      if (isRefused) return this.#end(new Error('no space left on device'));
      this.#platter.committed.write(changes);
      disk.later(`sync${this.#name}`, () => {
        if (this.#isDead) return;
        this.#platter.synced.write(changes);
        // Done, and refused all the same: nobody knows what became of it.
        this.#end(disk.refuses() ? new Error('input/output error') : undefined);
      });
    });
  }

  #end(error: Error | undefined): void {
    const { done } = this.#writes.shift()!;
    done(error);
    if (this.#writes.length > 0) this.#begin();
  }
}

function nameOf(change: StoreChange): string {
  if (change.type === 'put') return `${change.record.id} ${JSON.stringify(change.record.state)}`;
  const n = change.type === 'row' ? ` ${change.n}` : '';
  return `${change.type}${n} of ${change.id}`;
}
