import type { AnyStateMachine } from 'xstate';
import { type Possible, type PossiblePosition, PossibleSteps } from '../../../machines/possible.ts';
import { pathsOf, valueOf } from '../../machine/words.ts';
import type { Mismatch } from './course.ts';
import type { ActorLine } from './line.ts';

/** The machine of a program, whose recorded actors are followed with its possible steps. */
export class ActorMachine {
  /** What the actors of a runtime's machine are called. */
  readonly actor: string;
  readonly steps: PossibleSteps;

  constructor(machine: AnyStateMachine) {
    this.actor = machine.id;
    this.steps = new PossibleSteps(machine);
  }
}

/**
 * Follows one actor of a recording, step by step: that each goes on where the one before ended, and
 * with a machine, that the machine makes the same step.
 *
 * Contexts and members of events are not recorded, so each guard may have let through or not: every
 * position that fits is followed.
 */
export class ActorCourse {
  readonly #steps: PossibleSteps | undefined;
  #at: string | undefined;
  /** The positions that the actor may have; none: nothing is known but its states. */
  #positions: readonly PossiblePosition[] = [];
  /** Steps that were compared with what the machine does. */
  compared = 0;

  constructor(steps: PossibleSteps | undefined) {
    this.#steps = steps;
  }

  /**
   * Makes the step of a line; returns the mismatch where the machine does something else.
   *
   * @param isFirst whether nothing can have been kept of the actor before its first line
   */
  step(line: ActorLine, isFirst: boolean): Mismatch | undefined {
    const { from, to } = line;
    // An actor that begins, or begins anew, comes from nowhere.
    if (this.#at !== undefined && from !== '' && from !== this.#at) {
      return { field: 'from', expected: this.#at, seen: from };
    }
    const mismatch = this.#steps && this.#compare(this.#steps, line, isFirst);
    this.#at = to;
    return mismatch;
  }

  /** The session was somewhere else, and may have gone on there. */
  forget(): void {
    this.#at = undefined;
    this.#positions = [];
  }

  #compare(
    steps: PossibleSteps,
    { event, from, to }: ActorLine,
    isFirst: boolean,
  ): Mismatch | undefined {
    const there = placeOf(steps, to);
    if (there === undefined) return { field: 'to', expected: 'a state of the machine', seen: to };
    if (from === '') {
      // The actor goes on from where it was, or recording has begun in the middle of its life.
      const goesOn = this.#at === undefined ? !isFirst : isSame(this.#at, to);
      if (goesOn) return this.#goOn(there);
      if (event !== 'xstate.init') return this.#goOn(there);
      return this.#take(steps.beginnings(), to, there);
    }
    // Whoever stops an actor, as for its sleep, changes none of its states.
    if (event === 'xstate.stop' && isSame(from, to)) return this.#goOn(there);
    if (this.#positions.length === 0) {
      const here = placeOf(steps, from);
      if (here === undefined) {
        return { field: 'from', expected: 'a state of the machine', seen: from };
      }
      this.#positions = [here];
    }
    const all = this.#positions.map((each) => steps.after(each, event));
    const possible: Possible = {
      positions: all.flatMap(({ positions }) => positions),
      mayBeMore: all.some(({ mayBeMore }) => mayBeMore),
    };
    if (possible.positions.length === 0 && !possible.mayBeMore) {
      return { field: 'event', expected: `an event that ${from} takes`, seen: event };
    }
    return this.#take(possible, to, there);
  }

  #goOn(there: PossiblePosition): undefined {
    const stays = this.#positions.filter((each) => statesIn(each) === statesIn(there));
    this.#positions = stays.length > 0 ? stays : [there];
    return undefined;
  }

  #take(
    { positions, mayBeMore }: Possible,
    to: string,
    there: PossiblePosition,
  ): Mismatch | undefined {
    const same = positions.filter((each) => isSame(statesIn(each), to));
    if (same.length === 0 && !mayBeMore) {
      const expected = [...new Set(positions.map(statesIn))].join(', or ');
      return { field: 'to', expected, seen: to };
    }
    if (!mayBeMore) this.compared++;
    this.#positions = mayBeMore ? [...same, there] : distinct(same);
    return undefined;
  }
}

/** Positions that go on alike are followed once. */
function distinct(positions: readonly PossiblePosition[]): readonly PossiblePosition[] {
  const known = new Map<string, PossiblePosition>();
  for (const each of positions) {
    const { historyValue } = each.position.snapshot;
    const histories = Object.entries(historyValue).map(([id, nodes]) => [id, nodes.map(idOf)]);
    known.set(JSON.stringify([histories, each.isWithoutHistory]), each);
  }
  return [...known.values()];
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

function placeOf(steps: PossibleSteps, states: string): PossiblePosition | undefined {
  try {
    const there = steps.at(states === '' ? {} : valueOf(states.split(' ')));
    return isSame(statesIn(there), states) ? there : undefined;
  } catch {
    return undefined;
  }
}

function statesIn({ position }: PossiblePosition): string {
  return pathsOf(position.snapshot.value).join(' ');
}

/** Regions that are active at once have no order: after sleep it may be another one. */
function isSame(a: string, b: string): boolean {
  return a === b || a.split(' ').toSorted().join(' ') === b.split(' ').toSorted().join(' ');
}
