import { ActorsError } from '../../base/errors.ts';
import { SerialQueue } from '../../base/serialQueue.ts';
import {
  bootOf,
  type EngineClaim,
  type Incarnation,
  type Listed,
  type ListQuery,
  type Looked,
  type Owned,
  type Reasserted,
  type SessionWrite,
  type Space,
  type StoredRow,
  type Written,
} from '../../cluster/engine.ts';
import { bytesOf, listOf, numberOf, textOf, wordOf, wordsOf } from '../answers.ts';
import type { Arg } from '../client.ts';
import type { Link } from '../link.ts';
import type { Script } from '../scripts.ts';
import { RedisLists } from './redisLists.ts';
import { ACQUIT, CLAIM, FREE, LOOK, READ, REASSERT, RELEASE, WRITE } from './spaceScripts.ts';
import { batchesOf } from './writeBatches.ts';

/** Most sessions that are asserted by one script. */
const MAX_ASSERTED = 500;

const GONE = ['ended', 'unknown'] as const;
const WRITTEN = ['done', 'lost', 'unknown'] as const;
const REASSERTED = ['ours', 'again', 'lost'] as const;

export interface RedisSpaceHost {
  readonly link: Link;
  readonly prefix: string;
  /** The server that the last beat came from. */
  server(): string;
}

/** A space of a cluster, below a prefix of its own. */
export class RedisSpace implements Space {
  readonly #host: RedisSpaceHost;
  readonly #below: string;
  readonly #lists: RedisLists;
  /** One write is under way at a time: sent again on another connection, two might change places. */
  readonly #writes = new SerialQueue();

  constructor(host: RedisSpaceHost, name: string | undefined) {
    const { link, prefix } = host;
    this.#host = host;
    this.#below = name === undefined ? prefix : `${prefix}${name}:`;
    this.#lists = new RedisLists({ link, prefix, below: this.#below });
  }

  async look(print: string): Promise<Looked> {
    const [is, what, leftMs] = await this.#ask(LOOK, print);
    const word = wordOf(is, ['owned', 'free', ...GONE]);
    if (word === 'owned') return { is: word, owner: textOf(what), leftMs: numberOf(leftMs) };
    return word === 'free' ? { is: word } : goneIn(word, what);
  }

  async claim(print: string, by: Incarnation, floor: number): Promise<EngineClaim> {
    const args = [print, by, bootOf(by), Math.ceil(floor)];
    const [is, ...answer] = await this.#change(CLAIM, args);
    const word = wordOf(is, ['ours', 'theirs', 'quarantined', ...GONE]);
    if (word === 'ours') return oursIn(answer);
    if (word === 'quarantined') return { is: word, forMs: numberOf(answer[0]) };
    if (word !== 'theirs') return goneIn(word, answer[0]);
    return { is: word, owner: textOf(answer[0]), leftMs: numberOf(answer[1]) };
  }

  async write(by: Incarnation, batch: readonly SessionWrite[]): Promise<readonly Written[]> {
    const server = this.#host.server();
    // Encoded before the first wait: what the caller does with a batch later is not stored.
    const batches = batchesOf(batch);
    return this.#writes.run(async () => {
      const written: Written[] = [];
      for (const { args, sessions, isFreeing } of batches) {
        const made = await this.#change(isFreeing ? FREE : WRITE, [by, ...args], server);
        written.push(...wordsOf(made, sessions, WRITTEN));
      }
      return written;
    });
  }

  async release(by: Incarnation, { print, token, revision }: Owned) {
    const [is] = await this.#change(RELEASE, [print, by, token, revision]);
    return wordOf(is, ['done', 'behind', 'lost', 'unknown']);
  }

  async acquit(by: Incarnation, { print, token }: Owned): Promise<void> {
    await this.#change(ACQUIT, [print, by, token]);
  }

  async reassert(by: Incarnation, owned: readonly Owned[]): Promise<readonly Reasserted[]> {
    const server = this.#host.server();
    const asserted: Reasserted[] = [];
    for (let at = 0; at < owned.length; at += MAX_ASSERTED) {
      const part = owned.slice(at, at + MAX_ASSERTED);
      const args = part.flatMap(({ print, token, revision }) => [print, token, revision]);
      const made = await this.#change(REASSERT, [by, bootOf(by), ...args], server);
      asserted.push(...wordsOf(made, part.length, REASSERTED));
    }
    return asserted;
  }

  async read(
    print: string,
  ): Promise<{ readonly record: Buffer; readonly rows: readonly StoredRow[] } | undefined> {
    const [bytes, rows] = await this.#ask(READ, print);
    const record = bytesOf(bytes);
    return record && { record, rows: rowsIn(rows) };
  }

  async page(query: ListQuery) {
    return this.#lists.page(query);
  }

  async due(now: number, limit: number): Promise<readonly Listed[]> {
    return this.#lists.due(now, limit);
  }

  async count(principal?: string): Promise<number> {
    return this.#lists.count(principal);
  }

  async #ask(script: Script, ...args: readonly Arg[]): Promise<readonly unknown[]> {
    const { link, prefix } = this.#host;
    return listOf(await link.run(script, `${prefix}store`, [prefix, this.#below, ...args]));
  }

  /** Asks for what only the server that is meant may do. */
  async #change(
    script: Script,
    args: readonly Arg[],
    server = this.#host.server(),
  ): Promise<readonly unknown[]> {
    const answer = await this.#ask(script, server, ...args);
    if (Buffer.isBuffer(answer[0]) && answer[0].toString() === 'other server') {
      const message = 'Another Redis answers than the one that the last beat came from';
      throw new ActorsError('store-unavailable', message);
    }
    return answer;
  }
}

function oursIn(answer: readonly unknown[]): EngineClaim {
  const [token, revision, record, rows, owner, deaths] = answer;
  const from = textOf(owner);
  return {
    is: 'ours',
    token: numberOf(token),
    revision: numberOf(revision),
    record: bytesOf(record) ?? Buffer.of(),
    rows: rowsIn(rows),
    from: from === '' ? undefined : from,
    isSuspect: numberOf(deaths) > 0,
  };
}

function goneIn(
  word: (typeof GONE)[number],
  tombstone: unknown,
): Extract<Looked, { readonly is: 'ended' | 'unknown' }> {
  return word === 'ended'
    ? { is: word, tombstone: bytesOf(tombstone) ?? Buffer.of() }
    : { is: word };
}

function rowsIn(answer: unknown): readonly StoredRow[] {
  const flat = listOf(answer);
  const rows: StoredRow[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    rows.push({ n: numberOf(flat[at]), bytes: bytesOf(flat[at + 1]) ?? Buffer.of() });
  }
  return rows.toSorted((a, b) => a.n - b.n);
}
