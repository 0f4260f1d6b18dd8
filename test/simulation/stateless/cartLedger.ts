import { principalLocal } from 'mcp-actors/handles';
import type { Ledger } from '../ledger.ts';
import type { SimDisk } from '../simDisk.ts';
import type { Carts } from './tools.ts';

/** Values of principals: each has its own, in both eras and in each process that has the store. */
export class CartLedger implements Carts {
  readonly local = principalLocal<number[]>(() => [], { name: 'cart' });
  readonly #ledger: Ledger;
  readonly #disk: SimDisk | undefined;
  readonly #sent = new Map<number, string>();
  readonly #acked = new Map<string, Set<number>>();

  constructor(ledger: Ledger, disk: SimDisk | undefined) {
    this.#ledger = ledger;
    this.#disk = disk;
  }

  /** A principal puts something into its cart. */
  began(user: string, nonce: number): void {
    this.#sent.set(nonce, user);
  }

  /** What a cart has after that. */
  has(user: string, tokens: readonly number[], added: number): void {
    const acked = this.#acked.get(user) ?? new Set();
    this.#acked.set(user, acked);
    for (const each of [...acked, added]) {
      this.#ledger.check(tokens.includes(each), () => `the cart of ${user} lost ${each}`);
    }
    for (const each of tokens) {
      const owner = this.#sent.get(each);
      this.#ledger.check(owner === user, () => `the cart of ${user} has ${each} of ${owner}`);
      acked.add(each);
    }
    // Nobody knows what a store keeps that has trouble.
    if (this.#disk?.isTroubled === true) this.#acked.delete(user);
  }

  /** The process there is has ended. */
  over(wasTroubled: boolean): void {
    if (this.#disk === undefined || wasTroubled) this.#acked.clear();
  }
}
