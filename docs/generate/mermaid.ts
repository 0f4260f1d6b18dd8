import {
  flatten,
  type State,
  type Transition,
} from '../../src/watch/inspector/chart/statechart.ts';

/** Every state with its description, and every transition between them but those of the root. */
export function detailOf(machine: State): string {
  const arrows = machine.children
    .flatMap(flatten)
    .flatMap(({ transitions }) => transitions)
    .filter(({ target }) => target !== undefined)
    .map((each) => arrow(leaf(each.source), leaf(each.target!), [label(each)]));
  return block([
    `[*] --> ${machine.initial}`,
    ...machine.children.flatMap(box),
    ...new Set(arrows),
    ...ends(machine),
  ]);
}

/** The top-level states alone: what happens inside one is left out, what leads out is collected. */
export function overviewOf(machine: State): string {
  const events = new Map<string, Map<string, Set<string>>>();
  for (const state of machine.children) {
    const inside = flatten(state).flatMap(({ transitions }) => transitions);
    for (const { target, event } of [...inside, ...inherited(machine, state)]) {
      const to = target?.split('.')[0];
      if (to === undefined || to === state.name) continue;
      const targets = events.get(state.name) ?? new Map<string, Set<string>>();
      events.set(state.name, targets);
      targets.set(to, (targets.get(to) ?? new Set()).add(event));
    }
  }
  const arrows = [...events].flatMap(([from, targets]) =>
    [...targets].map(([to, labels]) => arrow(from, to, [...labels])),
  );
  return block([`[*] --> ${machine.initial}`, ...arrows, ...ends(machine)]);
}

/** The root's transitions hold in every state that does not answer the event itself. */
function inherited(machine: State, state: State): Transition[] {
  if (state.isFinal) return [];
  const own = new Set(state.transitions.map(({ event }) => event));
  return machine.transitions.filter(({ event }) => !own.has(event));
}

function box(state: State): string[] {
  const title = `state "${state.name}" as ${state.name}`;
  if (state.children.length === 0) return [title, `${state.name} : ${text(state.description)}`];
  const inner = [`[*] --> ${state.initial}`, ...state.children.flatMap(box)];
  return [`${title} {`, ...inner.map((line) => `  ${line}`), '}'];
}

function ends(machine: State): string[] {
  return flatten(machine)
    .filter(({ isFinal }) => isFinal)
    .map(({ name }) => `${name} --> [*]`);
}

function label({ event, guard }: Transition): string {
  return guard === undefined ? event : `${event} [${guard}]`;
}

function arrow(from: string, to: string, labels: readonly string[]): string {
  return `${from} --> ${to} : ${labels.join(', ')}`;
}

/** The names of the innermost states are unique, and Mermaid takes no dots. */
function leaf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Mermaid ends a text at a colon or a semicolon. */
function text(description: string): string {
  return description.replaceAll('`', '').replaceAll(';', ',').replaceAll(':', '#colon;');
}

function block(lines: readonly string[]): string {
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `  ${line}`), '```'].join('\n');
}
