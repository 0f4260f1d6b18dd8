import type { Listed, ListQuery } from '../../cluster/engine.ts';
import { bytesOf, listOf, numberIn, numberOf, textOf } from '../answers.ts';
import { scoreOf } from '../changes.ts';
import type { Link } from '../link.ts';
import { LIST } from './spaceScripts.ts';

/** Bytes after which a part of a list is long enough: Redis waits while it is put together. */
const ENOUGH = 4 * 2 ** 20;

export interface RedisListsHost {
  readonly link: Link;
  /** Of the cluster, and of the space. */
  readonly prefix: string;
  readonly below: string;
}

/** Where a session stands in a list: no two stand at the same place. */
interface Spot {
  readonly score: string;
  readonly print: string;
}

interface Asked {
  readonly list: string;
  readonly after: Spot;
  readonly most: number;
  readonly limit: number;
  /** Those that nobody alive has. */
  readonly isFree: boolean;
}

interface Found {
  readonly spot: Spot;
  readonly listed: Listed;
}

const BEGINNING: Spot = { score: '', print: '' };

/** The lists of a space. */
export class RedisLists {
  readonly #host: RedisListsHost;

  constructor(host: RedisListsHost) {
    this.#host = host;
  }

  async page({ principal, after, limit }: ListQuery): Promise<{
    readonly listed: readonly Listed[];
    readonly next: string | undefined;
  }> {
    const spot = after === undefined ? BEGINNING : spotOf(after);
    if (spot === undefined) return { listed: [], next: undefined };
    const list = listFor(principal);
    const asked = { list, after: spot, most: Infinity, limit: limit + 1, isFree: false };
    const found = await this.#read(asked);
    const last = found.length > limit ? found[limit - 1]?.spot : undefined;
    return {
      listed: found.slice(0, limit).map(({ listed }) => listed),
      next: last && `${last.score}:${last.print}`,
    };
  }

  async due(now: number, limit: number): Promise<readonly Listed[]> {
    const asked = { list: 'due', after: BEGINNING, most: now, limit, isFree: true };
    return (await this.#read(asked)).map(({ listed }) => listed);
  }

  async count(principal?: string): Promise<number> {
    const { link, below } = this.#host;
    return numberOf(await link.command('zcard', below + listFor(principal)));
  }

  async #read({ list, after, most, limit, isFree }: Asked): Promise<readonly Found[]> {
    const { link, prefix, below } = this.#host;
    const all: Found[] = [];
    let from = after;
    for (;;) {
      const place = [list, from.score, from.print, scoreOf(most)];
      const args = [prefix, below, ...place, limit - all.length, ENOUGH, isFree ? 1 : 0];
      const answer = listOf(await link.run(LIST, `${prefix}store`, args));
      const [hasMore, score, print, ...flat] = answer;
      all.push(...foundIn(flat));
      from = { score: textOf(score), print: textOf(print) };
      if (numberOf(hasMore) === 0 || all.length >= limit) return all;
    }
  }
}

function foundIn(flat: readonly unknown[]): readonly Found[] {
  const found: Found[] = [];
  for (let at = 0; at < flat.length; at += 4) {
    const print = textOf(flat[at]);
    const owner = textOf(flat[at + 2]);
    const bytes = bytesOf(flat[at + 3]) ?? Buffer.of();
    found.push({
      spot: { score: textOf(flat[at + 1]), print },
      listed: { print, bytes, owner: owner === '' ? undefined : owner },
    });
  }
  return found;
}

/** The list of a principal's sessions, or of all. */
function listFor(principal: string | undefined): string {
  return principal === undefined ? 'due' : `own:${principal}`;
}

/** The place a cursor names; `undefined` for a text that is no cursor. */
function spotOf(cursor: string): Spot | undefined {
  const [, score, print] = /^(-?(?:inf|\d[\d.e+-]*)):([\w-]{1,64})$/.exec(cursor) ?? [];
  if (score === undefined || print === undefined) return undefined;
  return Number.isNaN(numberIn(score)) ? undefined : { score, print };
}
