import { Ranking } from './ranking.ts';

/** What one principal holds; those without a principal hold together. */
interface Held {
  readonly principal: string | undefined;
  amount: number;
}

/** What principals hold of something that is counted, and who of them holds most. */
export class Tally {
  readonly #all = new Map<string | undefined, Held>();
  readonly #ranking = new Ranking<Held>((a, b) => a.amount > b.amount);

  /** Who holds most; `undefined` where nobody holds anything. */
  get most(): Readonly<Held> | undefined {
    return this.#ranking.first();
  }

  of(principal: string | undefined): number {
    return this.#all.get(principal)?.amount ?? 0;
  }

  /** A principal holds so much more, or less. */
  add(principal: string | undefined, amount: number): void {
    const held = this.#all.get(principal) ?? { principal, amount: 0 };
    held.amount += amount;
    if (held.amount <= 0) return this.forget(principal);
    this.#all.set(principal, held);
    this.#ranking.put(held);
  }

  /** A principal holds nothing. */
  forget(principal: string | undefined): void {
    const held = this.#all.get(principal);
    if (held === undefined) return;
    this.#all.delete(principal);
    this.#ranking.delete(held);
  }
}
