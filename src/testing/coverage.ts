import type { Driver } from './driver.ts';
import { leftOut } from './leftOut.ts';
import { edgeName, type Model, type ModelEdge } from './model.ts';

/** How often an edge was walked, with everything as the model expects. */
export interface EdgeCoverage {
  readonly edge: ModelEdge;
  readonly times: number;
  /** Why the edge is not to be walked on this server; `undefined` where it is. */
  readonly leftOut: string | undefined;
}

/** Counts the edges and states that were walked with one driver, by all its walks together. */
export class Coverage {
  readonly #model: Model;
  readonly #reasons: ReadonlyMap<ModelEdge, string>;
  /** The edges that are not left out. */
  readonly #due: readonly ModelEdge[];
  readonly #edges = new Map<ModelEdge, number>();
  readonly #states = new Set<string>();

  constructor(model: Model, reasons: ReadonlyMap<ModelEdge, string>) {
    this.#model = model;
    this.#reasons = reasons;
    this.#due = model.edges.filter((edge) => !reasons.has(edge));
  }

  /** Counts an edge that was walked, and the state it led to. */
  walked(edge: ModelEdge): void {
    this.#edges.set(edge, (this.#edges.get(edge) ?? 0) + 1);
    this.visited(edge.to);
  }

  visited(state: string): void {
    this.#states.add(state);
  }

  get edges(): EdgeCoverage[] {
    return this.#model.edges.map((edge) => ({
      edge,
      times: this.#edges.get(edge) ?? 0,
      leftOut: this.#reasons.get(edge),
    }));
  }

  /** Edges that are neither walked nor left out. */
  get missed(): ModelEdge[] {
    return this.#due.filter((edge) => !this.#edges.has(edge));
  }

  /** States that were not visited, though an edge that is not left out leads there. */
  get missedStates(): string[] {
    const due = new Set(this.#due.map(({ to }) => to));
    return [...due].filter((state) => !this.#states.has(state));
  }

  /** Each edge that is not left out was walked. */
  get isComplete(): boolean {
    return this.missed.length === 0;
  }

  /** A report with counts, what was left out and why, and what was missed. */
  toString(): string {
    return [this.summary, ...this.missed.map((edge) => `missed    ${edgeName(edge)}`)].join('\n');
  }

  /** The report without what was missed: counts, and what was left out and why. */
  get summary(): string {
    const due = this.#due;
    const states = new Set([this.#model.initial, ...due.map(({ to }) => to)]);
    const lines = [
      `${due.length - this.missed.length} of ${due.length} edges, ` +
        `${states.size - this.missedStates.length} of ${states.size} states`,
    ];
    const counts = new Map<string, number>();
    for (const { leftOut: reason } of this.edges) {
      if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    for (const [reason, count] of counts) lines.push(`left out  ${count} edges (${reason})`);
    return lines.join('\n');
  }
}

const known = new WeakMap<object, Coverage>();

/**
 * Gives what was walked so far with a driver: by {@link walkModel}, {@link describeSession} and
 * {@link sessionProperty} together.
 */
export function coverage<S extends string, E extends string, X extends string, R>(
  driver: Driver<S, E, X, R>,
): Coverage {
  let found = known.get(driver);
  if (found === undefined) {
    found = new Coverage(driver.model, leftOut(driver));
    known.set(driver, found);
  }
  return found;
}
