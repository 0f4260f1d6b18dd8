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
  return flatten(machine).flatMap(({ path, transitions }) =>
    [...new Set(transitions.flatMap(({ targets }) => targets))].map((target) => {
      const along = transitions.filter(({ targets }) => targets.includes(target));
      const events = [...new Set(along.map(({ event }) => event))];
      const label = events.map((event) => readable(event, machine.name)).join(', ');
      return { source: path, target, events, label, details: along.map(detailOf) };
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
