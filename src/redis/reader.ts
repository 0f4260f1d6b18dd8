import { ActorsError } from '../base/errors.ts';
import { decodeRecord } from '../store/codec/recordCodec.ts';
import { decodeRow } from '../store/codec/rowCodec.ts';
import { decodeTime } from '../store/codec/timeCodec.ts';
import type { Rows, SessionRecord } from '../store/record.ts';
import type { StoreTime } from '../store/store.ts';
import { bytesOf, listOf, numberOf, textOf } from './answers.ts';
import { recordPlace, rowPlace, scoreOf } from './changes.ts';
import type { Arg } from './client.ts';
import type { Engine } from './engine.ts';
import { COUNT, GET, LIST, ROWS, TIME } from './scripts.ts';

/** Bytes after which a part of a list is long enough: Redis waits while it is put together. */
const ENOUGH = 4 * 2 ** 20;

/** Where a record stands in a list: no two stand at the same place. */
export interface Spot {
  readonly score: string;
  readonly session: string;
}

export interface Listed {
  readonly spot: Spot;
  readonly record: SessionRecord;
}

/** What is asked of a list. */
export interface ListQuery {
  readonly list: string;
  /** Behind which to begin. */
  readonly after?: Spot | undefined;
  /** The highest score. */
  readonly most: number;
  readonly limit: number;
  readonly isWanted?: (record: SessionRecord) => boolean;
}

/** Reads a store or a part of it. What can not be read is put aside, and is gone then. */
export class Reader {
  readonly #engine: Engine;
  readonly #prefix: string;

  constructor(engine: Engine, prefix: string) {
    this.#engine = engine;
    this.#prefix = prefix;
  }

  /** @throws ActorsError `store-unavailable`, `record-corrupt`, `secret-unknown` */
  async record(session: string): Promise<SessionRecord | undefined> {
    const [is, found] = await this.#engine.read(GET, this.#prefix, session);
    const state = textOf(is);
    if (state === 'none') return undefined;
    const bytes = bytesOf(found);
    if (state === 'gone' || bytes === undefined) throw await this.#missing(session, 'due');
    try {
      return this.#decode(session, bytes);
    } catch (error) {
      throw await this.#corrupt(error, () => this.#damaged(session, bytes));
    }
  }

  /** The records that a list names, in its order; what can not be read is left out. */
  async list({ list, after, most, limit, isWanted }: ListQuery): Promise<Listed[]> {
    const all: Listed[] = [];
    let from = after;
    for (;;) {
      const asked = limit - all.length;
      const place = [from?.score ?? '', from?.session ?? ''];
      const query = [this.#prefix + list, this.#prefix, ...place, scoreOf(most), asked, ENOUGH];
      const [isCut, ...flat] = await this.#engine.read(LIST, ...query);
      const count = flat.length / 3;
      for (let at = 0; at < flat.length; at += 3) {
        from = { session: textOf(flat[at]), score: textOf(flat[at + 1]) };
        const record = await this.#listed(list, from.session, bytesOf(flat[at + 2]));
        if (record !== undefined && isWanted?.(record) !== false) all.push({ spot: from, record });
      }
      if ((numberOf(isCut) === 0 && count < asked) || all.length >= limit) return all;
    }
  }

  /** @throws ActorsError `record-corrupt`: rows with a gap are of no use, so all of them are gone */
  async rows(session: string): Promise<Rows> {
    const [answer] = await this.#engine.read(ROWS, this.#prefix, session);
    const flat = listOf(answer);
    const rows: { n: number; row: string }[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      const n = textOf(flat[at]);
      const bytes = bytesOf(flat[at + 1]) ?? Buffer.of();
      try {
        const place = rowPlace(this.#prefix, session, n);
        rows.push({
          n: Number(n),
          row: decodeRow(this.#engine.sealer.open(session, place, bytes)),
        });
      } catch (error) {
        throw await this.#corrupt(error, () => this.#aside('torn', session, n, bytes));
      }
    }
    return rows.toSorted((a, b) => a.n - b.n);
  }

  async count(list: string): Promise<number> {
    const [count] = await this.#engine.read(COUNT, this.#prefix + list);
    return numberOf(count);
  }

  async time(): Promise<StoreTime | undefined> {
    const [bytes] = await this.#engine.read(TIME);
    return decodeTime(bytesOf(bytes));
  }

  async #listed(
    list: string,
    session: string,
    bytes: Buffer | undefined,
  ): Promise<SessionRecord | undefined> {
    // Whoever reads a list waits for none of this: what is not mended now is met again.
    if (bytes === undefined) {
      this.#missing(session, list)
        .then((error) => this.#engine.tell(error))
        .catch(() => {});
      return undefined;
    }
    try {
      return this.#decode(session, bytes);
    } catch (error) {
      if (error instanceof ActorsError) this.#engine.tell(error);
      else void this.#damaged(session, bytes).catch(() => {});
      return undefined;
    }
  }

  #decode(session: string, bytes: Buffer): SessionRecord {
    const { sealer, options } = this.#engine;
    const plain = sealer.open(session, recordPlace(this.#prefix, session), bytes);
    return decodeRecord(plain, options.migrate);
  }

  /** A list has a session of which nothing is left: nobody but Redis or another program did that. */
  async #missing(session: string, list: string): Promise<ActorsError> {
    const args = ['tidy', this.#prefix, session, this.#prefix + list];
    await this.#change(args).catch(() => {});
    const message = 'A session is gone from Redis: it was evicted, or something else removed it';
    return new ActorsError('record-corrupt', message);
  }

  async #corrupt(cause: unknown, putAside: () => Promise<void>): Promise<ActorsError> {
    // Somebody else can read it: with another secret, or a newer release.
    if (cause instanceof ActorsError) return cause;
    // The reader of a corrupt record is told of that record, not of a second failure.
    await putAside().catch(() => {});
    const message = 'What is stored of a session can not be read; it was put aside';
    return new ActorsError('record-corrupt', message, { cause });
  }

  #damaged(session: string, bytes: Buffer): Promise<void> {
    return this.#aside('damaged', session, bytes);
  }

  async #aside(what: 'damaged' | 'torn', session: string, ...found: readonly Arg[]): Promise<void> {
    const { prefix, maxAside } = this.#engine.options;
    await this.#change([what, this.#prefix, session, `${prefix}aside`, maxAside, ...found]);
  }

  async #change(args: readonly Arg[]): Promise<void> {
    await this.#engine.write({ args, changes: 1, bytes: 0, isFreeing: false });
  }
}
