import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A machine's chart in words. */
export interface Chart {
  readonly name: string;
  /** Paths of the innermost states: `open`, `work.running`. */
  readonly states: readonly string[];
  /** Of each innermost state that has one. */
  readonly descriptions: ReadonlyMap<string, string>;
  /** `cart -- address.given [hasItems] --> addressed`, by the definition of each transition. */
  readonly transitions: ReadonlyMap<AnyTransitionDefinition, string>;
}

/** Puts the chart of any machine into words: each state, and each transition once. */
export function chartOf(machine: AnyStateMachine): Chart {
  const states: string[] = [];
  const descriptions = new Map<string, string>();
  const transitions = new Map<AnyTransitionDefinition, string>();
  const names = new Set<string>();
  for (const node of nodesOf(machine.root)) {
    if (node.type === 'atomic' || node.type === 'final') {
      states.push(stateName(node));
      if (node.description) descriptions.set(stateName(node), node.description.trim());
    }
    for (const each of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
      const name = transitionName(node, each);
      let unique = name;
      for (let i = 2; names.has(unique); i++) unique = `${name} (${i})`;
      names.add(unique);
      transitions.set(each, unique);
    }
  }
  return { name: machine.id, states, descriptions, transitions };
}

/** Names the event of a transition or a delay, as the chart shows it: `after patience`. */
export function eventName(node: AnyStateNode | undefined, type: string): string {
  const [, kind, about = ''] =
    /^xstate\.(after|done\.actor|error\.actor|snapshot|done\.state)\.(.*)$/.exec(type) ?? [];
  const source = (): string => {
    const src: unknown = node?.invoke.find(({ id }) => id === about)?.src;
    // What is written in place has a name that XState made up.
    return typeof src === 'string' && !src.startsWith('xstate.invoke.') ? src : about;
  };
  if (kind === 'after')
    return `after ${about.replace(node === undefined ? '' : `.${node.id}`, '')}`;
  if (kind === 'done.actor') return `${source()} done`;
  if (kind === 'error.actor') return `${source()} failed`;
  if (kind === 'snapshot') return `${source()} changed`;
  if (kind === 'done.state') return 'done';
  return type === '' ? 'always' : type;
}

function transitionName(node: AnyStateNode, each: AnyTransitionDefinition): string {
  const guard = guardName(each.guard);
  const event = `${eventName(node, each.eventType)}${guard === undefined ? '' : ` [${guard}]`}`;
  const to = each.target?.map(stateName).join(' ') ?? stateName(node);
  return `${stateName(node)} -- ${event} --> ${to}`;
}

function guardName(guard: unknown): string | undefined {
  if (guard === undefined) return undefined;
  if (typeof guard === 'string') return guard;
  const { type, name } = guard as { readonly type?: unknown; readonly name?: unknown };
  for (const each of [type, name]) if (typeof each === 'string' && each !== '') return each;
  return 'guarded';
}

function stateName({ path, key }: AnyStateNode): string {
  return path.length === 0 ? key : path.join('.');
}

function* nodesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* nodesOf(child);
}
