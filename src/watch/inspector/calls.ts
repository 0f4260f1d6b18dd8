import type { CallTransition } from '../../events/events.ts';
import type { CallView } from '../../modern/callView.ts';
import type { Inspected } from './inspected.ts';

/** A call in the list, and its last step. */
export interface CallRow extends CallView {
  readonly last: Pick<CallTransition, 'at' | 'event' | 'from' | 'to'> | undefined;
}

/** The calls that a page shows, and how many there are. */
export interface CallList {
  readonly rows: readonly CallRow[];
  readonly total: number;
}

/** Calls in one line of the feed. */
const MAX_ROWS = 500;
/** Calls whose last step is known: more than a runtime lists at once is of no use. */
const MAX_STEPS = 2000;
/** How often the list is looked at without news. */
const LOOK_MS = 1000;

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
export class Calls {
  readonly #runtime: Inspected;
  /** The last step of each call that has outlived its response, the least recent first. */
  readonly #steps = new Map<number, CallTransition>();
  readonly #stops: readonly (() => void)[];
  #rows = new Map<number, CallRow>();
  #isStale = true;
  #lookedAt = 0;
  #told = '';

  constructor(runtime: Inspected) {
    this.#runtime = runtime;
    const turned = (): void => void (this.#isStale = true);
    this.#stops =
      runtime.calls === undefined
        ? []
        : [
            runtime.on('call.transition', (step) => this.#follow(step)),
            ...NEWS.map((name) => runtime.on(name, turned)),
          ];
  }

  /** The calls as they are now; `undefined` where the runtime has none. */
  all(): CallList | undefined {
    const views = this.#runtime.calls?.();
    if (views === undefined) return undefined;
    const rows = new Map<number, CallRow>();
    for (const view of views) rows.set(view.call, { ...view, last: this.#steps.get(view.call) });
    for (const [call, step] of this.#steps) {
      if (rows.has(call)) continue;
      const known = this.#rows.get(call);
      const isRunning = step.to.startsWith('running');
      if (!isRunning) this.#steps.delete(call);
      else if (known !== undefined) rows.set(call, running(known, step));
    }
    this.#rows = rows;
    this.#isStale = false;
    return { rows: [...rows.values()].slice(0, MAX_ROWS), total: rows.size };
  }

  /** The calls, where they have changed since they were told last. */
  takeChanges(): CallList | undefined {
    const now = this.#runtime.now();
    // No event tells of what a runtime forgets.
    if (!this.#isStale && now - this.#lookedAt < LOOK_MS) return undefined;
    this.#lookedAt = now;
    const list = this.all();
    const told = JSON.stringify(list);
    if (told === this.#told) return undefined;
    this.#told = told;
    return list;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #follow(step: CallTransition): void {
    const { call, to } = step;
    const wasKnown = this.#steps.delete(call);
    const isAway = !to.startsWith('running') && to !== 'settled';
    // Most calls are answered on their response, and were never away.
    if (!wasKnown && !isAway) return;
    this.#isStale = true;
    if (to === 'settled') return;
    this.#steps.set(call, step);
    const [oldest] = this.#steps.keys();
    if (this.#steps.size > MAX_STEPS && oldest !== undefined) this.#steps.delete(oldest);
  }
}

/** A call that is with its handler again: its client waits, and no deadline runs. */
function running(known: CallRow, last: CallTransition): CallRow {
  return { ...known, state: last.to, questions: [], deadline: undefined, last };
}
