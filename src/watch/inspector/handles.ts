import type { RuntimeEvents } from '../../events/events.ts';
import type { HandleView } from '../../handles/view.ts';
import type { Inspected } from './inspected.ts';
import { type LastStep, type Listed, Listing, MAX_ROWS } from './listing.ts';

/** A handle in the list, and its last step. */
export interface HandleRow extends HandleView {
  readonly last: LastStep | undefined;
}

/** Follows the handles that are awake in the process. */
export class Handles extends Listing<string, HandleRow> {
  readonly #runtime: Inspected;

  constructor(runtime: Inspected) {
    super(runtime);
    this.#runtime = runtime;
    if (runtime.handles === undefined) return;
    this.listen(
      runtime.on('handle.opened', this.turned),
      runtime.on('handle.transition', (step) => this.#follow(step)),
      runtime.on('handle.ended', ({ handle }) => this.#left(handle)),
      runtime.on('handle.kept', ({ handle }) => this.#left(handle)),
    );
  }

  /** The handles as they are now, as many of each kind; `undefined` where no kind is known. */
  all(): Listed<HandleRow> | undefined {
    const runtime = this.#runtime;
    const kinds = runtime.handles === undefined ? [] : Object.keys(runtime.stats().handles);
    if (kinds.length === 0) return undefined;
    const views = kinds.map((kind) => runtime.handles?.(kind) ?? []);
    // The last of a kind are those that were opened, or woken, last.
    const listed = views.flatMap((ofKind) => ofKind.slice(-MAX_ROWS));
    const rows = listed.map((view) => ({ ...view, last: this.steps.get(view.key) }));
    return { rows, total: views.reduce((sum, { length }) => sum + length, 0) };
  }

  #left(handle: string): void {
    this.forget(handle);
    this.turned();
  }

  #follow({ handle, at, event, from, to }: RuntimeEvents['handle.transition']): void {
    this.turned();
    // A step that changes only a flag leaves the one before in sight.
    const isStep = from !== to || !this.steps.has(handle);
    if (isStep) this.stepped(handle, { at, event: event.type, from, to });
  }
}
