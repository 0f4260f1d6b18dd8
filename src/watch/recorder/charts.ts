import type { AnyStateMachine } from 'xstate';
import { chartDefinition, type DefinedState } from '../chartDefinition.ts';
import type { ChartLine, RecordingLine } from './line.ts';

/** Most bytes of one chart: a line of a recording has at most 64 KiB. */
export const MAX_CHART_BYTES = 32 * 1024;
/** Machines whose charts are recorded: a program may make one for each session. */
const MAX_CHARTS = 64;

/** The charts of the users' machines in a recording: each is a line, before the first step that needs it. */
export class Charts {
  readonly #maxBytes: number;
  readonly #numbers = new WeakMap<AnyStateMachine, number>();
  readonly #charts: Omit<ChartLine, 'at'>[] = [];
  /** The charts that the present file has. */
  readonly #written = new Set<number>();

  /** @param maxBytes a chart that is larger is left out */
  constructor(maxBytes: number) {
    this.#maxBytes = Math.min(maxBytes, MAX_CHART_BYTES);
  }

  /** The number of a machine's chart, from 1; `undefined` where the chart is left out. */
  numberOf(machine: AnyStateMachine): number | undefined {
    let number = this.#numbers.get(machine);
    if (number === undefined) {
      if (this.#charts.length === MAX_CHARTS) return undefined;
      number = this.#add(machine);
      this.#numbers.set(machine, number);
    }
    return number === LEFT_OUT ? undefined : number;
  }

  /** The chart that a line needs, where the present file does not have it. */
  missing(line: RecordingLine): ChartLine | undefined {
    const number = line.type === 'actor' ? line.chart : undefined;
    if (number === undefined || this.#written.has(number)) return undefined;
    return { ...this.#charts[number - 1]!, at: line.at };
  }

  /** The present file has a chart. */
  wrote({ chart }: ChartLine): void {
    this.#written.add(chart);
  }

  /** Another file begins, without charts. */
  begin(): void {
    this.#written.clear();
  }

  #add(machine: AnyStateMachine): number {
    const chart = this.#charts.length + 1;
    const definition = definitionOf(machine);
    if (definition === undefined) return LEFT_OUT;
    const made = { type: 'chart', chart, machine: machine.id, definition } as const;
    if (Buffer.byteLength(JSON.stringify(made)) > this.#maxBytes) return LEFT_OUT;
    this.#charts.push(made);
    return chart;
  }
}

const LEFT_OUT = 0;

/** `undefined` for a machine that is not of XState 5, or not whole. */
function definitionOf(machine: AnyStateMachine): DefinedState | undefined {
  try {
    return chartDefinition(machine);
  } catch {
    return undefined;
  }
}
