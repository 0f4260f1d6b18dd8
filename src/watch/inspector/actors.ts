import type { AnyStateMachine } from 'xstate';
import { cut } from '../../base/cut.ts';
import type { ActorView } from '../../machine/actorView.ts';
import { drawMachine } from './chart/draw.ts';
import type { Inspected } from './inspected.ts';

/** An actor of a session, as a page shows it. */
export interface ActorRow extends Pick<ActorView, 'actor' | 'states' | 'status'> {
  /** The number of its machine's chart; `undefined` where there is none. */
  readonly chart: number | undefined;
  /** Its context as JSON, where the inspector may show contexts. */
  readonly context?: string;
}

/** Actors of one session that are listed. */
const MAX_ACTORS = 100;
/** Machines that are drawn: a program that makes one for each session has no use for their charts. */
const MAX_CHARTS = 64;
/** Longest context that is shown, in characters. */
const MAX_CONTEXT = 4000;

/** The users' actors in sessions, and the charts of their machines. */
export class Actors {
  readonly #runtime: Inspected;
  readonly #contexts: boolean;
  readonly #numbers = new WeakMap<AnyStateMachine, number>();
  readonly #charts: string[] = [];

  /** @param contexts whether contexts are shown */
  constructor(runtime: Inspected, contexts: boolean) {
    this.#runtime = runtime;
    this.#contexts = contexts;
  }

  /** The actors of a session that is awake in this process, each before its children. */
  of(session: string): ActorRow[] {
    const views = this.#runtime.actors?.(session) ?? [];
    return views.slice(0, MAX_ACTORS).map(({ actor, states, status, machine, context }) => ({
      actor,
      states,
      status,
      chart: machine && this.#numberOf(machine),
      ...(this.#contexts && { context: textOf(context) }),
    }));
  }

  /** The chart of a number, as SVG. */
  chart(number: number): string | undefined {
    return this.#charts[number];
  }

  #numberOf(machine: AnyStateMachine): number | undefined {
    const known = this.#numbers.get(machine);
    if (known !== undefined || this.#charts.length >= MAX_CHARTS) return known;
    const number = this.#charts.push(drawMachine(machine)) - 1;
    this.#numbers.set(machine, number);
    return number;
  }
}

function textOf(context: unknown): string {
  try {
    return cut(JSON.stringify(context, undefined, 2) ?? 'none', MAX_CONTEXT);
  } catch {
    return 'not plain data';
  }
}
