import type { CallTransition } from '../../events/events.ts';
import type { CallView } from '../../modern/callView.ts';
import type { Inspected } from './inspected.ts';
import { type LastStep, type Listed, Listing, MAX_ROWS } from './listing.ts';

/** A call in the list, and its last step. */
export interface CallRow extends CallView {
  readonly last: LastStep | undefined;
}

const NEWS = [
  'call.parked',
  'call.claimed',
  'call.abandoned',
  'task.created',
  'task.changed',
] as const;

/**
 * Follows the calls of the stateless revision that outlive their response. What a runtime lists is
 * told as it is; a call that was claimed is with its handler and in no list until the call is over.
 */
export class Calls extends Listing<number, CallRow> {
  readonly #runtime: Inspected;
  #rows = new Map<number, CallRow>();

  constructor(runtime: Inspected) {
    super(runtime);
    this.#runtime = runtime;
    if (runtime.calls === undefined) return;
    this.listen(
      runtime.on('call.transition', (step) => this.#follow(step)),
      ...NEWS.map((name) => runtime.on(name, this.turned)),
    );
  }

  all(): Listed<CallRow> | undefined {
    const views = this.#runtime.calls?.();
    if (views === undefined) return undefined;
    const rows = new Map<number, CallRow>();
    for (const view of views) rows.set(view.call, { ...view, last: this.steps.get(view.call) });
    for (const [call, step] of this.steps) {
      if (rows.has(call)) continue;
      const known = this.#rows.get(call);
      const isRunning = step.to.startsWith('running');
      if (!isRunning) this.forget(call);
      else if (known !== undefined) rows.set(call, running(known, step));
    }
    this.#rows = rows;
    return { rows: [...rows.values()].slice(0, MAX_ROWS), total: rows.size };
  }

  #follow(step: CallTransition): void {
    const { call, to } = step;
    const wasKnown = this.forget(call);
    const isAway = !to.startsWith('running') && to !== 'settled';
    // Most calls are answered on their response, and were never away.
    if (!wasKnown && !isAway) return;
    this.turned();
    if (to !== 'settled') this.stepped(call, step);
  }
}

/** A call that is with its handler again: its client waits, and no deadline runs. */
function running(known: CallRow, last: LastStep): CallRow {
  return { ...known, state: last.to, questions: [], deadline: undefined, last };
}
