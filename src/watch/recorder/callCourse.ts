import {
  type CallEvent,
  callMachine,
  type CallSnapshot,
  FIRST_CALL_STEP,
  nextCallStep,
} from '../../../machines/call.ts';
import type { Mismatch } from './course.ts';
import type { CallLine } from './line.ts';

/** The names of all that a call can be told. */
export const CALL_EVENTS: readonly CallEvent['type'][] = callMachine.events.filter(
  // What its states say of every event is no event.
  (name): name is CallEvent['type'] => name !== ('*' as string),
);

/** Every snapshot a call can have, by the path of its state. */
const snapshots = new Map<string, Set<CallSnapshot>>();

/** The paths of all states of a call. */
export const CALL_PATHS: readonly string[] = pathsFrom(FIRST_CALL_STEP);

/**
 * Follows one call of a recording with its machine, step by step. Flags of the call's context are
 * not recorded, so each snapshot that fits is followed.
 */
export class CallCourse {
  #at: string;
  #snapshots: readonly CallSnapshot[];

  /** @param at the path of the call's state before its first line */
  constructor(at: string) {
    this.#at = at;
    this.#snapshots = [...(snapshots.get(at) ?? [])];
  }

  /** Whether the call is over. */
  get isDone(): boolean {
    return this.#snapshots.every((snapshot) => snapshot.hasTag('done'));
  }

  /** Makes the step of a line; returns the mismatch where the machine does something else. */
  step({ event, from, to }: CallLine): Mismatch | undefined {
    if (from !== this.#at) return { field: 'from', expected: this.#at, seen: from };
    const steps = this.#snapshots.flatMap((snapshot) =>
      eventsOf(event).map((each) => nextCallStep(snapshot, each)),
    );
    const same = steps.filter(({ path }) => path === to);
    if (same.length === 0) return { field: 'to', expected: steps[0]!.path, seen: to };
    this.#at = to;
    this.#snapshots = [...new Set(same.map(({ snapshot }) => snapshot))];
    return undefined;
  }
}

/** An event by its name: with each flag it can have. */
function eventsOf(type: CallEvent['type']): readonly CallEvent[] {
  if (type !== 'question.answered') return [{ type }];
  return [
    { type, open: true },
    { type, open: false },
  ];
}

function pathsFrom({ path, snapshot }: typeof FIRST_CALL_STEP): string[] {
  const known = snapshots.get(path) ?? new Set();
  if (known.has(snapshot)) return [];
  snapshots.set(path, known.add(snapshot));
  const next = CALL_EVENTS.flatMap(eventsOf).map((event) => nextCallStep(snapshot, event));
  return [...new Set([path, ...next.flatMap(pathsFrom)])];
}
