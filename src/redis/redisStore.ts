import type { SessionRecord } from '../store/record.ts';
import type {
  RecordPage,
  RecordQuery,
  SessionStore,
  StoreChange,
  StoreObserver,
  StorePart,
  StoreTime,
} from '../store/store.ts';
import { numberIn } from './answers.ts';
import { ChangeEncoder, encodedTime, printOf } from './changes.ts';
import { Engine } from './engine.ts';
import { checkRedisOptions, type RedisStoreOptions } from './options.ts';
import { Reader, type Spot } from './reader.ts';

/** A store in Redis. */
export interface RedisStore extends SessionStore {
  /**
   * Takes the store at once, for a program that does not want to begin without it.
   *
   * @throws ActorsError `driver-missing`, `store-unavailable`, `store-unfit`, `store-locked`,
   * `secret-unknown`
   */
  ready(): Promise<void>;
}

/**
 * Keeps sessions in Redis 7 or later, or Valkey, so that they outlive the process and its machine: hand
 * the store to `createRuntime({ store })`, which closes it. One process has a store at a time.
 *
 * Needs the package `ioredis`. What a write stored, Redis has acknowledged; what Redis still has of it
 * after a crash of its own is a matter of its `appendfsync`.
 *
 * Nothing is connected before the store is used.
 *
 * @throws ActorsError `bad-option`
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  const checked = checkRedisOptions(options);
  return new StoreInRedis(new Engine(checked), checked.prefix);
}

class StoreInRedis implements RedisStore {
  readonly isDurable = true;
  readonly #engine: Engine;
  readonly #prefix: string;
  readonly #part: StorePart | undefined;
  readonly #reader: Reader;
  readonly #changes: ChangeEncoder;

  /** @param part of the store; without one, the store of sessions */
  constructor(engine: Engine, prefix: string, part?: StorePart) {
    this.#engine = engine;
    this.#prefix = part === undefined ? prefix : `${prefix}${part}:`;
    this.#part = part;
    this.#reader = new Reader(engine, this.#prefix);
    const { maxRecordBytes } = engine.options;
    this.#changes = new ChangeEncoder(this.#prefix, engine.sealer, maxRecordBytes);
  }

  async ready(): Promise<void> {
    await this.#engine.open();
  }

  async get(id: string): Promise<SessionRecord | undefined> {
    const record = await this.#reader.record(printOf(id));
    return record?.id === id ? record : undefined;
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    // All changes before the first wait: what the caller does to a state later is not stored.
    const encoded = this.#changes.encode(changes);
    if (encoded.changes === 0) await this.#engine.open();
    else await this.#engine.write(encoded);
  }

  async page({ principal, after, limit }: RecordQuery): Promise<RecordPage> {
    const spot = spotOf(after);
    if (spot === null) return { records: [], next: undefined };
    const list = listOf(principal);
    const isWanted = (record: SessionRecord): boolean =>
      principal === undefined || record.principal === principal;
    const query = { list, after: spot, most: Infinity, limit: limit + 1, isWanted };
    const listed = await this.#reader.list(query);
    const records = listed.slice(0, limit).map(({ record }) => record);
    const last = listed.length > limit ? listed[limit - 1]?.spot : undefined;
    return { records, next: last && `${last.score}:${last.session}` };
  }

  async due(now: number, limit: number): Promise<readonly SessionRecord[]> {
    const listed = await this.#reader.list({ list: 'due', most: now, limit });
    return listed.map(({ record }) => record);
  }

  async count(principal?: string): Promise<number> {
    return this.#reader.count(listOf(principal));
  }

  async rows(id: string): Promise<readonly { readonly n: number; readonly row: string }[]> {
    return this.#reader.rows(printOf(id));
  }

  async time(): Promise<StoreTime | undefined> {
    return this.#reader.time();
  }

  async keepTime(time: StoreTime): Promise<void> {
    await this.#engine.write(encodedTime(time));
  }

  observe(observer: StoreObserver): void {
    // The store tells once what is about the store and all its parts.
    const isPart = this.#part !== undefined;
    this.#engine.observe(isPart ? { ...observer, failed: () => {} } : observer);
  }

  part(name: StorePart): SessionStore {
    return new StoreInRedis(this.#engine, this.#prefix, name);
  }

  /** A part is closed with its store. */
  async close(): Promise<void> {
    if (this.#part === undefined) await this.#engine.close();
  }
}

/** The list of a principal's sessions, or of all. */
function listOf(principal: string | undefined): string {
  return principal === undefined ? 'due' : `own:${printOf(principal)}`;
}

/** The place a cursor names; `null` for a text that is no cursor. */
function spotOf(cursor: string | undefined): Spot | undefined | null {
  if (cursor === undefined) return undefined;
  const [, score, session] = /^(-?(?:inf|\d[\d.e+-]*)):([\w-]{22})$/.exec(cursor) ?? [];
  if (score === undefined || session === undefined || Number.isNaN(numberIn(score))) return null;
  return { score, session };
}
