import type { DrawnMachine } from '../machines.ts';

/** The charts of users' actors: those of the server by number, and for a recording by name. */
export class ActorCharts {
  readonly #changed: () => void;
  readonly #numbered = new Map<number, string | undefined>();
  readonly #named: Map<string, string>;

  /** @param drawn machines of the application, which may be those of actors in a recording */
  constructor(drawn: readonly DrawnMachine[], changed: () => void) {
    this.#named = new Map(drawn.map(({ name, svg }) => [name, svg]));
    this.#changed = changed;
  }

  /** The chart of an actor, asked for when it is needed first. @param number the server's */
  of(actor: string, number?: number): string | undefined {
    if (number === undefined) return this.#named.get(actor);
    if (!this.#numbered.has(number)) {
      this.#numbered.set(number, undefined);
      void this.#load(actor, number);
    }
    return this.#numbered.get(number);
  }

  /** The server may be another one: its numbers begin again. */
  forget(): void {
    this.#numbered.clear();
  }

  async #load(actor: string, number: number): Promise<void> {
    try {
      const response = await fetch(`chart/${number}`);
      if (!response.ok) throw new Error(`${response.status}`);
      const svg = await response.text();
      this.#numbered.set(number, svg);
      this.#named.set(actor, svg);
      this.#changed();
    } catch {
      // Asked for again: the feed notices when the server is gone.
      this.#numbered.delete(number);
    }
  }
}
