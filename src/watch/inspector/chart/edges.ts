import { flatten, type State, type Transition } from './statechart.ts';

/** Path of the state that stands for "any": transitions of the machine itself begin there. */
export const ANY = '';

/** All transitions from one state to another, drawn as one line. */
export interface Edge {
  readonly source: string;
  readonly target: string;
  /** Event types, as the machine names them. */
  readonly events: readonly string[];
  /** Text beside the line. */
  readonly label: string;
  /** Transitions with guards and descriptions, shown when a user points at the line. */
  readonly details: readonly string[];
}

/** The lines of a machine's chart. A transition without a target has no line. */
export function edgesOf(machine: State): Edge[] {
  const merged = new Map<string, Map<string, Transition[]>>();
  for (const transition of flatten(machine).flatMap(({ transitions }) => transitions)) {
    for (const target of transition.targets) {
      const targets = merged.get(transition.source) ?? new Map<string, Transition[]>();
      merged.set(transition.source, targets);
      targets.set(target, [...(targets.get(target) ?? []), transition]);
    }
  }
  return [...merged].flatMap(([source, targets]) =>
    [...targets].map(([target, transitions]) => {
      const events = [...new Set(transitions.map(({ event }) => event))];
      const label = events.map((event) => readable(event, machine.name)).join(', ');
      return { source, target, events, label, details: transitions.map(detailOf) };
    }),
  );
}

/** Shortens an event's name: XState's own are long, and the machine's noun need not be repeated. */
export function readable(event: string, noun: string): string {
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(event) ?? [];
  if (delay !== undefined) return `after ${delay}`;
  const [, kind, who] = /^xstate\.(done|error)\.(?:actor|state)\.(.*)$/.exec(event) ?? [];
  if (kind !== undefined)
    return `${kind} ${without(noun, who?.replace(/^\d+\./, '') ?? '')}`.trim();
  return without(noun, event);
}

function without(noun: string, name: string): string {
  return name.startsWith(`${noun}.`) ? name.slice(noun.length + 1) : name;
}

function detailOf({ event, guard, actions, description }: Transition): string {
  const condition = guard === undefined ? '' : ` [${guard}]`;
  const effects = actions.length === 0 ? '' : ` / ${actions.join(', ')}`;
  return `${event}${condition}${effects}${description === '' ? '' : ` – ${description}`}`;
}
