import type { EventObject } from 'xstate';
import { eventName } from '../../../machines/chart.ts';
import { type Move, pass, type Position, settle, take } from '../../../machines/position.ts';
import { takes } from '../../machine/words.ts';
import type {
  MachineDriverSettings,
  OutsideEvent,
  ToolCase,
  WalkedTool,
} from './machineOptions.ts';

/** Something that can be done to a machine, as the driver does it. */
export type Stimulus =
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly tool: string;
      readonly event: EventObject;
      readonly how: ToolCase;
    }
  | { readonly kind: 'outside'; readonly name: string; readonly how: OutsideEvent }
  /** The next delay passes. */
  | { readonly kind: 'time'; readonly name: string };

/** What a stimulus leads to, and what its cause sees of that. */
export interface Effect extends Move {
  readonly expects: 'taken' | 'refused' | 'passed';
  /** The position that was rested in, in which the stimulus came. */
  readonly before: Position;
}

/** What can be done to a machine by its server's tools, by others, and by time. */
export class Stimuli {
  readonly #settings: MachineDriverSettings;
  readonly #always = new Map<string, Stimulus>();

  constructor(settings: MachineDriverSettings) {
    this.#settings = settings;
    for (const [tool, each] of Object.entries(settings.tools)) {
      for (const [name, how] of casesOf(tool, each)) {
        const { arguments: args = {} } = how;
        const event = { ...(each.members?.(args) ?? args), type: each.event };
        this.#always.set(name, { kind: 'call', name, tool, event, how });
      }
    }
    for (const [name, how] of Object.entries(settings.outside)) {
      this.#always.set(name, { kind: 'outside', name, how });
    }
  }

  /** The names of what can be done in a position: nothing, where a delay would pass in the rest before. */
  namesIn(position: Position): readonly string[] {
    const rested = this.rest(position);
    if (rested.steps.length > 0) return [];
    const time = timeIn(rested.position);
    return [...this.#always.keys(), ...(time === undefined ? [] : [time])];
  }

  named(name: string): Stimulus {
    return this.#always.get(name) ?? { kind: 'time', name };
  }

  /** The names of calls and outside events that the machine takes in a position. */
  takenIn(position: Position): readonly string[] {
    return [...this.#always.values()]
      .filter((each) => each.kind !== 'time' && takes(position.snapshot, eventOf(each)))
      .map(({ name }) => name);
  }

  /** Whether the machine takes one of the calls of a tool. */
  takesTool(position: Position, tool: string): boolean {
    return this.takenIn(position).some((name) => {
      const stimulus = this.named(name);
      return stimulus.kind === 'call' && stimulus.tool === tool;
    });
  }

  /** What a rest makes of a position. */
  rest(position: Position): Move {
    const ms = this.#settings.rest?.ms ?? 0;
    return ms === 0 ? { position, steps: [] } : this.#settled(pass(position, ms));
  }

  /** What a stimulus makes of a position, after the rest before it. */
  apply(position: Position, name: string): Effect {
    const rested = this.rest(position);
    const before = rested.position;
    const stimulus = this.named(name);
    if (stimulus.kind === 'time') {
      const dueInMs = before.delays[0]?.dueInMs ?? 0;
      return { ...this.#after(rested, pass(before, dueInMs)), expects: 'passed', before };
    }
    const event = eventOf(stimulus);
    if (!takes(before.snapshot, event)) {
      const expects = stimulus.kind === 'call' ? 'refused' : 'passed';
      return { ...rested, expects, before };
    }
    const invoked = stimulus.kind === 'call' ? stimulus.how.invoked : undefined;
    const expects = stimulus.kind === 'call' ? 'taken' : 'passed';
    return { ...this.#after(rested, take(before, event), invoked), expects, before };
  }

  /** The position in which a machine begins, where it is at rest. */
  first(move: Move): Move {
    return this.#settled(move);
  }

  #after(first: Move, then: Move, invoked: ToolCase['invoked'] = {}): Move {
    const { position, steps } = this.#settled(then, invoked);
    return { position, steps: [...first.steps, ...steps] };
  }

  #settled(move: Move, invoked: ToolCase['invoked'] = {}): Move {
    const { position, steps } = settle(move.position, { ...this.#settings.invoked, ...invoked });
    return { position, steps: [...move.steps, ...steps] };
  }
}

function eventOf(stimulus: Exclude<Stimulus, { kind: 'time' }>): EventObject {
  return stimulus.kind === 'call' ? stimulus.event : stimulus.how.event;
}

function casesOf(
  tool: string,
  each: WalkedTool<MachineDriverSettings['machine']>,
): [name: string, how: ToolCase][] {
  if (each.cases === undefined) return [[tool, each]];
  return Object.entries(each.cases).map(([name, how]) => [`${tool}: ${name}`, how]);
}

/** Names the delay that is due next, as the chart does. */
function timeIn({ snapshot, delays }: Position): string | undefined {
  const [first] = delays;
  if (first === undefined) return undefined;
  const { type } = first.event;
  const node = snapshot._nodes.find(({ id }) => type.endsWith(`.${id}`));
  const name = eventName(node, type);
  return name.startsWith('after ') ? name : `delayed ${name}`;
}
