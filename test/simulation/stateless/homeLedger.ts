import type { Ledger } from '../ledger.ts';
import type { Life } from '../life.ts';

/** Which session serves what: what belongs together has one home, and no other has anything of it. */
export class HomeLedger {
  readonly #ledger: Ledger;
  readonly #mayMove: boolean;
  readonly #ids = new Map<string, string>();
  readonly #homes = new Map<string, string>();
  /** The life of each session, by its name. */
  readonly #lives = new Map<string, Life>();

  /** @param mayMove what is of one request has another home where the request is run again */
  constructor(ledger: Ledger, mayMove: boolean) {
    this.#ledger = ledger;
    this.#mayMove = mayMove;
  }

  /** A session that no client named has begun. */
  began(life: Life): void {
    this.#lives.set(life.name, life);
  }

  /** The life of a session that no client named. */
  lifeOf(name: string): Life | undefined {
    return this.#lives.get(name);
  }

  /** The id of the session that serves a home; `undefined` where none has served it yet. */
  idOf(home: string): string | undefined {
    return this.#ids.get(home);
  }

  /** A store keeps it: it is of more than one request. */
  isKept({ id }: Life): boolean {
    return this.#homes.get(id)?.startsWith('request ') === false;
  }

  /** Something said in a session goes to whoever expects the answer of a home. */
  answers({ id }: Life, home: string): void {
    const known = this.#ids.get(home);
    const isFine = known === undefined || known === id;
    const mayMove = this.#mayMove && /^(request|session) /.test(home);
    this.#ledger.check(isFine || mayMove, () => {
      return `${home} is served by ${id}, and was by ${known}`;
    });
    const owner = this.#homes.get(id);
    this.#ledger.check(owner === undefined || owner === home, () => {
      return `${id} of ${owner} serves ${home}`;
    });
    this.#ids.set(home, id);
    this.#homes.set(id, home);
  }
}
