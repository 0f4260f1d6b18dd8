import type { NodeView } from '../../directory/ownership.ts';
import type { Inspected } from './inspected.ts';

/** How often the processes of a cluster are asked for. */
const ASK_MS = 1000;

/** The processes of a cluster, as they were told last: nobody waits for an engine that is away. */
export class Nodes {
  readonly #runtime: Inspected;
  #known: readonly NodeView[] | undefined;
  #told = '';
  #askedAt = -Infinity;
  #isAsking = false;

  constructor(runtime: Inspected) {
    this.#runtime = runtime;
  }

  /** The processes; `undefined` where there is no cluster, or none is known yet. */
  all(): readonly NodeView[] | undefined {
    this.#ask();
    return this.#known;
  }

  /** The processes, where they have changed since they were told last. */
  takeChanges(): readonly NodeView[] | undefined {
    this.#ask();
    const told = JSON.stringify(this.#known) ?? '';
    if (told === this.#told) return undefined;
    this.#told = told;
    return this.#known;
  }

  #ask(): void {
    const { nodes, now, stats } = this.#runtime;
    const isDue = !this.#isAsking && now() - this.#askedAt >= ASK_MS;
    if (nodes === undefined || !isDue || stats().cluster === undefined) return;
    this.#isAsking = true;
    this.#askedAt = now();
    void this.#hear(nodes());
  }

  async #hear(answer: Promise<readonly NodeView[]>): Promise<void> {
    try {
      this.#known = await answer;
    } catch {
      // What was known is shown until the engine can be asked again.
    } finally {
      this.#isAsking = false;
    }
  }
}
