import type { DefinedState, DefinedTransition } from '../../chartDefinition.ts';
import type { State, Transition } from './statechart.ts';

/** States deeper than that are not drawn: a definition may come from anywhere. */
const MAX_DEPTH = 32;

/**
 * Reads the chart in a recording: what `readMachine` reads of the machine itself.
 *
 * @throws Error where it is no definition of a chart
 */
export function readDefinition(definition: DefinedState): State {
  const paths = new Map<string, string>();
  for (const [path, { id }] of within(definition, '', 0)) paths.set(`#${id}`, path);
  return readState(definition, { key: definition.id, path: '', tags: [] }, paths);
}

function* within(
  state: DefinedState,
  path: string,
  depth: number,
): Generator<[path: string, state: DefinedState]> {
  if (depth > MAX_DEPTH) throw new Error('too deep');
  yield [path, state];
  for (const [key, child] of Object.entries(state.states ?? {})) {
    yield* within(child, path === '' ? key : `${path}.${key}`, depth + 1);
  }
}

interface Place {
  readonly key: string;
  readonly path: string;
  /** Of the states around. */
  readonly tags: readonly string[];
}

function readState(
  state: DefinedState,
  { key, path, tags: around }: Place,
  paths: ReadonlyMap<string, string>,
): State {
  const tags = [...around, ...(state.tags ?? [])];
  const children = Object.entries(state.states ?? {});
  return {
    name: key,
    path,
    isFinal: state.type === 'final',
    isParallel: state.type === 'parallel',
    description: text(state.description ?? ''),
    tags,
    entry: (state.entry ?? []).map(({ type }) => text(type)),
    exit: (state.exit ?? []).map(({ type }) => text(type)),
    initial: state.initial,
    children: children.map(([name, child]) =>
      readState(child, { key: name, path: path === '' ? name : `${path}.${name}`, tags }, paths),
    ),
    transitions: transitionsOf(state).map(([event, each]) => read(event, each, path, paths)),
  };
}

/** The transitions of a state, each with the type of its event. */
function transitionsOf(state: DefinedState): [event: string, transition: DefinedTransition][] {
  const { id, on = {}, after = {}, always = [], onDone = [], invoke = [] } = state;
  const all = [
    ...Object.entries(on),
    ...invoke.flatMap((actor) => [
      [`xstate.done.actor.${actor.id}`, actor.onDone ?? []] as const,
      [`xstate.error.actor.${actor.id}`, actor.onError ?? []] as const,
      [`xstate.snapshot.${actor.id}`, actor.onSnapshot ?? []] as const,
    ]),
    ...Object.entries(after).map(([delay, each]) => [`xstate.after.${delay}.${id}`, each] as const),
    [`xstate.done.state.${id}`, onDone] as const,
    ['always', always] as const,
  ];
  return all.flatMap(([event, list]) =>
    list.map((each): [string, DefinedTransition] => [event, each]),
  );
}

function read(
  event: string,
  { target, guard, actions = [], description = '' }: DefinedTransition,
  source: string,
  paths: ReadonlyMap<string, string>,
): Transition {
  const targets = (target ?? []).map((id) => {
    const path = paths.get(id);
    if (path === undefined) throw new Error('no such state');
    return path;
  });
  return {
    source,
    event,
    guard: guard && text(guard.type),
    target: targets[0],
    targets,
    actions: actions.map(({ type }) => text(type)),
    description: text(description),
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('no text');
  return value;
}
