import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { nameOf, nameOfAction } from './inspector/chart/statechart.ts';

/** A transition in a definition. Targets are ids of states. */
export interface DefinedTransition {
  readonly target?: readonly string[];
  readonly guard?: { readonly type: string };
  readonly actions?: readonly { readonly type: string }[];
  readonly description?: string;
}

type Defined = readonly DefinedTransition[];

/** A state in a definition, with the states below it. */
export interface DefinedState {
  readonly id: string;
  readonly type?: 'parallel' | 'final' | 'history';
  readonly initial?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly entry?: readonly { readonly type: string }[];
  readonly exit?: readonly { readonly type: string }[];
  readonly states?: Readonly<Record<string, DefinedState>>;
  readonly on?: Readonly<Record<string, Defined>>;
  readonly after?: Readonly<Record<string, Defined>>;
  readonly always?: Defined;
  readonly onDone?: Defined;
  readonly invoke?: readonly {
    readonly id: string;
    readonly src: string;
    readonly onDone?: Defined;
    readonly onError?: Defined;
    readonly onSnapshot?: Defined;
  }[];
}

/**
 * Puts the chart of a machine into JSON that `createMachine` takes: states, transitions, descriptions,
 * names of guards and actions. No code, no context and no values of params that are computed.
 */
export function chartDefinition({ root }: AnyStateMachine): DefinedState {
  return stateOf(root);
}

function stateOf(node: AnyStateNode): DefinedState {
  const { id, type, description, tags, entry, exit, always, states } = node;
  const initial = node.initial.target?.[0]?.key;
  const children = Object.entries(states).map(([key, child]) => [key, stateOf(child)] as const);
  const open = new Map(node.transitions);
  /** The transitions for an event, which are then left out of `on`. */
  const take = (name: string): Defined | undefined => {
    const found = open.get(name);
    open.delete(name);
    return found?.map(transitionOf);
  };
  const after = [...open.keys()].flatMap((name) => {
    const delay = between('xstate.after.', name, `.${id}`);
    return delay === undefined ? [] : [[delay, take(name)!] as const];
  });
  const onDone = take(`xstate.done.state.${id}`);
  const invoke = node.invoke.map(({ id: actor, src }) => ({
    id: actor,
    src: typeof src === 'string' ? src : actor,
    ...some({
      onDone: take(`xstate.done.actor.${actor}`),
      onError: take(`xstate.error.actor.${actor}`),
      onSnapshot: take(`xstate.snapshot.${actor}`),
    }),
  }));
  return {
    id,
    ...some({
      type: type === 'atomic' || type === 'compound' ? undefined : type,
      initial: type === 'compound' ? initial : undefined,
      description,
      tags,
      entry: entry.map(actionOf),
      exit: exit.map(actionOf),
      states: Object.fromEntries(children),
      on: Object.fromEntries(Array.from(open, ([name, all]) => [name, all.map(transitionOf)])),
      after: Object.fromEntries(after),
      always: always?.map(transitionOf),
      onDone,
      invoke,
    }),
  };
}

function transitionOf(transition: AnyTransitionDefinition): DefinedTransition {
  const { target, guard, actions, description } = transition;
  return some({
    target: target?.map(({ id }) => `#${id}`),
    guard: guard === undefined ? undefined : { type: nameOf(guard) },
    actions: actions.map(actionOf),
    description,
  });
}

function actionOf(action: unknown): { readonly type: string } {
  return { type: nameOfAction(action) };
}

function between(before: string, text: string, behind: string): string | undefined {
  if (!text.startsWith(before) || !text.endsWith(behind)) return undefined;
  return text.slice(before.length, text.length - behind.length);
}

/** What of some members there is: no empty list, and no empty object. */
function some<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const filled = Object.entries(members).filter(([, value]: [string, unknown]) => {
    if (value === undefined) return false;
    return typeof value !== 'object' || Object.keys(value as object).length > 0;
  });
  return Object.fromEntries(filled) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
