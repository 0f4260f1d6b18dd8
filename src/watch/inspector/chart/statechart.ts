import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** One state of a machine, with the tags of the states around it. */
export interface State {
  readonly name: string;
  /** Path of the state, such as `idle.warm`; empty for the machine itself. */
  readonly path: string;
  readonly isFinal: boolean;
  /** Whether all children of the state are active at once. */
  readonly isParallel: boolean;
  readonly description: string;
  readonly tags: readonly string[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Name of the child the state begins in. */
  readonly initial: string | undefined;
  readonly children: readonly State[];
  readonly transitions: readonly Transition[];
}

export interface Transition {
  readonly source: string;
  readonly event: string;
  readonly guard: string | undefined;
  /** Path of the first target; `undefined` where the transition changes no state. */
  readonly target: string | undefined;
  /** Paths of all targets, where the transition leads into several regions at once. */
  readonly targets: readonly string[];
  readonly actions: readonly string[];
  readonly description: string;
}

/** Reads a machine's definition: no code of the machine is run. */
export function readMachine({ root }: AnyStateMachine): State {
  return readState(root, []);
}

/** A state and every state below it, in the order of the definition. */
export function flatten(state: State): State[] {
  return [state, ...state.children.flatMap(flatten)];
}

function readState(node: AnyStateNode, inherited: readonly string[]): State {
  const tags = [...inherited, ...node.tags];
  return {
    name: node.key,
    path: node.path.join('.'),
    isFinal: node.type === 'final',
    isParallel: node.type === 'parallel',
    description: node.description ?? '',
    tags,
    entry: node.entry.map(nameOfAction),
    exit: node.exit.map(nameOfAction),
    initial: node.initial.target?.[0]?.key,
    children: Object.values(node.states).map((child) => readState(child, tags)),
    transitions: [...node.transitions.values(), node.always ?? []].flat().map(readTransition),
  };
}

function readTransition(transition: AnyTransitionDefinition): Transition {
  const { guard, target, actions, eventType, description, source } = transition;
  return {
    source: source.path.join('.'),
    event: eventType === '' ? 'always' : eventType,
    guard: guard === undefined ? undefined : nameOf(guard),
    target: target?.[0]?.path.join('.'),
    targets: (target ?? []).map(({ path }) => path.join('.')),
    actions: actions.map(nameOfAction),
    description: description ?? '',
  };
}

/** Names an action; `assign`, which has no name of its own, says what it assigns. */
export function nameOfAction(action: unknown): string {
  const { assignment } = action as { assignment?: unknown };
  if (assignment !== undefined) {
    const parts = Object.entries(assignment as object).map(([key, value]) =>
      typeof value === 'function' ? key : `${key} = ${String(value)}`,
    );
    return parts.join(', ') || 'assign';
  }
  const { params } = action as { params?: unknown };
  if (typeof params !== 'object' || params === null) return nameOf(action);
  return `${nameOf(action)}(${Object.values(params).join(', ')})`;
}

/** Names a guard. */
export function nameOf(thing: unknown): string {
  if (typeof thing === 'function') return thing.name || 'inline';
  return typeof thing === 'string' ? thing : (thing as { type: string }).type;
}
