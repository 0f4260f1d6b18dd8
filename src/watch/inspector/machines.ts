import type { AnyActorRef } from 'xstate';
import type { Clock } from '../../base/clock.ts';
import { CALL_CHART, SESSION_CHART, SUPERVISOR_CHART } from './assets/charts.ts';
import { drawMachine } from './chart/draw.ts';
import type { InspectedMachine } from './options.ts';

/** A machine as a page shows it. */
export interface DrawnMachine {
  readonly name: string;
  readonly svg: string;
}

/** The present states of an actor that the application gave the inspector. */
export interface MachineState {
  readonly name: string;
  /** Paths of all states the actor is in. */
  readonly states: readonly string[];
  readonly last:
    | { readonly at: number; readonly event: string; readonly from: readonly string[] }
    | undefined;
}

/** The charts of a page, and the present states of the application's actors among them. */
export class Machines {
  readonly drawn: readonly DrawnMachine[];
  readonly #states = new Map<string, MachineState>();
  readonly #changed = new Set<string>();
  readonly #stops: (() => void)[] = [];

  constructor(machines: readonly InspectedMachine[], clock: Pick<Clock, 'now'>) {
    this.drawn = [
      { name: 'session', svg: SESSION_CHART },
      { name: 'supervisor', svg: SUPERVISOR_CHART },
      { name: 'call', svg: CALL_CHART },
      ...machines.map(({ name, machine }) => ({ name, svg: drawMachine(machine) })),
    ];
    for (const { name, actor } of machines) {
      if (actor !== undefined) this.#follow(name, actor, clock);
    }
  }

  all(): MachineState[] {
    return [...this.#states.values()];
  }

  takeChanges(): MachineState[] {
    const changed = [...this.#changed].map((name) => this.#states.get(name)!);
    this.#changed.clear();
    return changed;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  /**
   * Follows an actor by inspection and not by `subscribe`: an observer would change what becomes of
   * the actor's errors, whether the observer listens for errors or not.
   */
  #follow(name: string, actor: AnyActorRef, clock: Pick<Clock, 'now'>): void {
    const note = (snapshot: unknown, event: string | undefined): void => {
      const { value } = snapshot as { value?: unknown };
      const from = this.#states.get(name)?.states ?? [];
      const last = event === undefined ? undefined : { at: clock.now(), event, from };
      this.#states.set(name, { name, states: pathsOf(value), last });
      this.#changed.add(name);
    };
    note(actor.getSnapshot(), undefined);
    const subscription = actor.system.inspect((inspected) => {
      if (inspected.actorRef !== actor || inspected.type !== '@xstate.snapshot') return;
      note(inspected.snapshot, inspected.event.type);
    });
    this.#stops.push(() => subscription.unsubscribe());
  }
}

/** Paths in a state value: `{ a: { b: 'c', d: 'e' } }` is `a`, `a.b`, `a.b.c`, `a.d`, `a.d.e`. */
function pathsOf(value: unknown, around = ''): string[] {
  if (typeof value === 'string') return [`${around}${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${around}${key}`,
    ...pathsOf(inner, `${around}${key}.`),
  ]);
}
