import type { Coverage } from '../coverage.ts';
import type { ChartWay, MachineEdge, MachineModel } from './machineModel.ts';

/** How often something of a chart was walked, with everything as the machine says. */
export interface ChartPart {
  /** A state: `work.running`. A transition: `cart -- address.given [hasItems] --> addressed`. */
  readonly name: string;
  readonly times: number;
  /** Why it is not to be walked; `undefined` where it is. */
  readonly leftOut: string | undefined;
}

/** What was walked of a chart: its states and transitions, as the chart names them. */
export class ChartCoverage {
  readonly #machine: MachineModel;
  readonly #walked: () => Coverage;
  readonly #without: Readonly<Record<string, string>>;

  constructor(
    machine: MachineModel,
    walked: () => Coverage,
    without: Readonly<Record<string, string>>,
  ) {
    this.#machine = machine;
    this.#walked = walked;
    this.#without = without;
  }

  get transitions(): ChartPart[] {
    const names = [...this.#machine.chart.transitions.values()];
    return names.map((name) => this.#part(name, 'transitions'));
  }

  /** The innermost states. */
  get states(): ChartPart[] {
    return this.#machine.chart.states.map((name) => this.#part(name, 'states'));
  }

  /** Every state and transition that is not left out was walked. */
  get isComplete(): boolean {
    return [...this.states, ...this.transitions].every(isDone);
  }

  /** All positions of the machine were looked at; otherwise the nearest `maxPositions`. */
  get isWhole(): boolean {
    return this.#machine.isWhole;
  }

  /** A report with counts, what was left out and why, and what was missed. */
  toString(): string {
    const { states, transitions } = this;
    const all = [...states, ...transitions];
    return [
      `${this.#machine.chart.name}: ${counted(states, 'states')}, ${counted(transitions, 'transitions')}`,
      ...all.flatMap(({ name, leftOut }) =>
        leftOut === undefined ? [] : [`left out  ${name} (${leftOut})`],
      ),
      ...all.flatMap((each) => (isDone(each) ? [] : [`missed    ${each.name}`])),
    ].join('\n');
  }

  #part(name: string, kind: keyof ChartWay): ChartPart {
    const { first, model, ways } = this.#machine;
    const all = this.#walked().edges;
    const edges = all.filter(({ edge }) => ways.get(edge as MachineEdge)![kind].has(name));
    // A walk begins where one of its edges is the first.
    const begun = first[kind].has(name)
      ? all.filter(({ edge, times }) => edge.from === model.initial && times > 0)
      : [];
    const times = [...edges, ...begun].reduce((sum, each) => sum + each.times, 0);
    const reasons = edges.map(({ leftOut }) => leftOut);
    const isLeftOut = begun.length === 0 && reasons.every((each) => each !== undefined);
    return { name, times, leftOut: this.#without[name] ?? (isLeftOut ? reasons[0] : undefined) };
  }
}

function isDone({ times, leftOut }: ChartPart): boolean {
  return times > 0 || leftOut !== undefined;
}

function counted(parts: ChartPart[], what: string): string {
  const due = parts.filter(({ leftOut }) => leftOut === undefined);
  return `${due.filter(isDone).length} of ${due.length} ${what}`;
}
