import type { AnyStateMachine } from 'xstate';
import { type Chart, chartOf } from '../../../machines/chart.ts';
import { type ExploredEdge, explore } from '../../../machines/explore.ts';
import { begin, type Move, type Position } from '../../../machines/position.ts';
import { pathsOf } from '../../machine/words.ts';
import type { Model, ModelEdge } from '../model.ts';
import type { MachineDriverSettings } from './machineOptions.ts';
import { type Effect, Stimuli } from './stimuli.ts';

/** What a client sees of a step: its tool does it or refuses it, or nothing of its own. */
export type MachineExpectation = Effect['expects'];

export type MachineEdge = ModelEdge<string, string, MachineExpectation>;

/** A way through a chart: names of transitions, and of innermost states. */
export interface ChartWay {
  readonly transitions: ReadonlySet<string>;
  readonly states: ReadonlySet<string>;
}

/** A machine as a model to walk: its positions by name, and what leads from one to the next. */
export interface MachineModel {
  readonly model: Model<string, string, MachineExpectation>;
  readonly stimuli: Stimuli;
  readonly chart: Chart;
  readonly start: Position;
  /** How the machine begins. */
  readonly first: ChartWay;
  /** What an edge passes through in the chart. */
  readonly ways: ReadonlyMap<MachineEdge, ChartWay>;
  /** Names the state of a position. */
  readonly identify: (position: Position) => string;
  /** By the names of the model's states. */
  readonly identities: ReadonlyMap<string, string>;
  /** All positions of the machine were looked at. */
  readonly isWhole: boolean;
}

/** Makes the model of a machine: each kind of position, and each kind of step from it. */
export function machineModel(settings: MachineDriverSettings): MachineModel {
  const { machine, input, maxPositions } = settings;
  const stimuli = new Stimuli(settings);
  const chart = chartOf(machine);
  const beginning = stimuli.first(begin(machine, input));
  const start = beginning.position;
  const explored = explore<Effect>({
    start,
    stimuliOf: (position) => stimuli.namesIn(position),
    move: (position, name) => stimuli.apply(position, name),
    identify,
    maxPositions,
  });
  const { positions, isWhole } = explored;
  const edges = chosen(positions, explored.edges, settings, { stimuli, chart });
  const names = namesOf(positions, edges, machine);
  const ways = new Map<MachineEdge, ChartWay>();
  for (const { from, stimulus, to, move } of edges) {
    const needs = move.expects === 'passed' && isTime(stimuli, stimulus) ? ['time'] : [];
    const edge: MachineEdge = {
      from: names.get(from)!,
      event: stimulus,
      to: names.get(to)!,
      expects: move.expects,
      needs,
    };
    ways.set(edge, wayOf(move, chart));
  }
  const states = Array.from(names, ([place, name]) => ({
    name,
    description: descriptionOf(positions[place]!),
  }));
  const identities = new Map(
    Array.from(names, ([place, name]) => [name, identify(positions[place]!)]),
  );
  const model = { name: machine.id, initial: names.get(0)!, states, edges: [...ways.keys()] };
  const first = wayOf(beginning, chart);
  return { model, stimuli, chart, start, first, ways, identify, identities, isWhole };
}

function wayOf({ position, steps }: Move, { transitions }: Chart): ChartWay {
  const taken = steps.flatMap((each) => each.transitions);
  const passed = [...steps.map(({ snapshot }) => snapshot), position.snapshot];
  return {
    transitions: new Set(taken.flatMap((each) => transitions.get(each) ?? [])),
    states: new Set(passed.flatMap(({ value }) => pathsOf(value))),
  };
}

function isTime(stimuli: Stimuli, name: string): boolean {
  return stimuli.named(name).kind === 'time';
}

/**
 * Chooses of each kind of step the first few, and the shortest ways to them. Steps that look alike, and
 * take other transitions of the chart, are of two kinds.
 */
function chosen(
  positions: readonly Position[],
  edges: readonly ExploredEdge<Effect>[],
  { tellApart, unfold }: MachineDriverSettings,
  { stimuli, chart }: Pick<MachineModel, 'stimuli' | 'chart'>,
): ExploredEdge<Effect>[] {
  const kinds = positions.map((position) => {
    const apart = tellApart?.(position.snapshot) ?? stimuli.takenIn(position);
    return JSON.stringify([position.snapshot.value, apart]);
  });
  const ways = new Map<number, ExploredEdge<Effect>>();
  const kept = new Set<ExploredEdge<Effect>>();
  const counts = new Map<string, number>();
  for (const edge of edges) {
    const { from, stimulus, to, move } = edge;
    if (to !== 0 && !ways.has(to) && to !== from) ways.set(to, edge);
    const taken = [...wayOf(move, chart).transitions];
    const kind = JSON.stringify([kinds[from], stimulus, kinds[to], taken]);
    const count = counts.get(kind) ?? 0;
    if (count >= unfold) continue;
    counts.set(kind, count + 1);
    for (let way: typeof edge | undefined = edge; way !== undefined; way = ways.get(way.from)) {
      kept.add(way);
    }
  }
  return edges.filter((edge) => kept.has(edge));
}

function namesOf(
  positions: readonly Position[],
  edges: readonly ExploredEdge<Effect>[],
  machine: AnyStateMachine,
): Map<number, string> {
  const places = new Set([0, ...edges.flatMap(({ from, to }) => [from, to])]);
  const names = new Map<number, string>();
  const counts = new Map<string, number>();
  for (const place of [...places].toSorted((a, b) => a - b)) {
    const name = stateOf(positions[place]!) || machine.id;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    names.set(place, count === 1 ? name : `${name} (${count})`);
  }
  return names;
}

/** The innermost states of a position, as the chart names them. */
export function stateOf({ snapshot }: Position): string {
  return pathsOf(snapshot.value).join(' ');
}

function descriptionOf({ snapshot }: Position): string {
  const texts = snapshot._nodes.map(({ description }) => description);
  return texts.filter((text) => text !== undefined).join(' ');
}

/** What is one position: the same states, context, actors and delays, however long those last. */
function identify({ snapshot, delays }: Position): string {
  const { value, context, status, children } = snapshot;
  return JSON.stringify([
    value,
    context,
    status,
    Object.keys(children),
    delays.map(({ id }) => id),
  ]);
}
