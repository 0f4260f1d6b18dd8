import { END_REASONS, type EndReason, type SessionContext } from '../../../machines/session.ts';
import {
  firstStep,
  nextStep,
  type SessionSnapshot,
  sleepingStep,
  type Step,
} from '../../../machines/step.ts';
import { stateAt } from '../../../machines/states.ts';
import type { HandleLine, TransitionLine } from './line.ts';

/** One member of a recorded line that differs from what the machine does. */
export interface Mismatch {
  /** The member of the line that differs. */
  readonly field: 'event' | 'from' | 'to' | 'effects' | 'reason';
  /** What the machine does. */
  readonly expected: unknown;
  /** What the recording says. */
  readonly seen: unknown;
}

/** A line with a step of the session machine, which handles run as well. */
type StepLine = Pick<TransitionLine | HandleLine, 'event' | 'from' | 'to' | 'effects'>;

const BOOLEANS = [false, true] as const;

/**
 * Follows one session or handle of a recording with the machine, step by step.
 *
 * A recording may begin in the middle of a session's life, where the flags of its context are not
 * known. Then the course follows every snapshot the session can have, and each transition leaves
 * those that do the same.
 */
export class Course {
  #at: string;
  #snapshots: readonly SessionSnapshot[] = [];

  /** @param at the path of the session's state before its first line; `new` before its beginning */
  constructor(at: string) {
    this.#at = at;
    if (at !== 'new') this.#snapshots = contextsOf(at).map((context) => stateAt(at, context));
  }

  /** Makes the step of a line; returns the mismatch where the machine does something else. */
  step(line: StepLine): Mismatch | undefined {
    const { event, from, to } = line;
    const isBeginning = event.type === 'session.opened' || event.type === 'session.recalled';
    // A sleeping session can be recalled from its record.
    const at = event.type === 'session.recalled' && this.#at === 'idle.asleep' ? 'new' : this.#at;
    if (from !== at) return { field: 'from', expected: at, seen: from };
    if (isBeginning !== (from === 'new')) {
      return { field: 'event', expected: 'one of a session', seen: event.type };
    }
    const steps = this.#steps(event);
    const same = steps.filter((step) => mismatchOf(step, line) === undefined);
    if (same.length === 0) {
      const nearest = steps.find((step) => step.path === to) ?? steps[0]!;
      return mismatchOf(nearest, line);
    }
    this.#at = to;
    this.#snapshots = [...new Set(same.map(({ snapshot }) => snapshot))];
    return undefined;
  }

  /** Checks a line that says the session has ended. */
  end(reason: EndReason): Mismatch | undefined {
    // A sleeping session is a record: it is evicted without its machine.
    if (this.#at === 'idle.asleep') return undefined;
    if (this.#at !== 'evicted') return { field: 'from', expected: this.#at, seen: 'evicted' };
    const reasons = this.#snapshots.map(({ context }) => context.reason);
    if (reasons.includes(reason)) return undefined;
    return { field: 'reason', expected: reasons[0], seen: reason };
  }

  #steps(event: StepLine['event']): readonly Step[] {
    if (event.type === 'session.opened') return [firstStep(event.sleeps)];
    if (event.type === 'session.recalled') return [sleepingStep(event.confirmed)];
    return this.#snapshots.map((snapshot) => nextStep(snapshot, event));
  }
}

function mismatchOf({ path, effects }: Step, line: StepLine): Mismatch | undefined {
  if (path !== line.to) return { field: 'to', expected: path, seen: line.to };
  const isSame =
    effects.length === line.effects.length && effects.every((each, i) => each === line.effects[i]);
  return isSame ? undefined : { field: 'effects', expected: effects, seen: line.effects };
}

/** Every context that a session in this state can have. */
function contextsOf(path: string): SessionContext[] {
  const isEnding = path === 'evicted' || path.startsWith('closing.');
  const reasons = isEnding ? END_REASONS : [null];
  return BOOLEANS.flatMap((attached) =>
    BOOLEANS.flatMap((confirmed) =>
      BOOLEANS.flatMap((sleeps) =>
        reasons.map((reason) => ({ attached, confirmed, sleeps, reason })),
      ),
    ),
  );
}
