/** JSON that a machine can be made of again: states, transitions, descriptions, tags, names. */
export type Definition = Readonly<Record<string, unknown>>;

/**
 * Makes the definition of a machine as JSON, with guards and actions by name, without their code.
 *
 * @param machine of XState, or anything with its `config`
 * @param context stands for a context that the machine makes of its input
 */
export function definitionOf(machine: { readonly config: object }, context?: object): Definition {
  return { ...(namesIn(machine.config) as Definition), ...(context && { context }) };
}

function namesIn(value: unknown): unknown {
  if (typeof value === 'function') return actionOf(value);
  if (Array.isArray(value)) return value.map(namesIn);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    // Params computed from an event can not be put in JSON: the action stands without them.
    .filter(([key, member]) => !(key === 'params' && typeof member === 'function'))
    .map(([key, member]) => [key, key === 'src' ? sourceOf(member) : namesIn(member)]);
  return Object.fromEntries(entries) as unknown;
}

/** Names what is invoked. Logic that stands where it is invoked has no name, unless it is a machine. */
function sourceOf(source: unknown): unknown {
  if (typeof source !== 'object' || source === null) return source;
  const { id } = source as { readonly id?: unknown };
  return typeof id === 'string' ? id : 'inline';
}

/** Names an action; `assign`, which has no name of its own, says what it assigns. */
function actionOf(action: Function): object {
  const { type, assignment } = action as { type?: unknown; assignment?: unknown };
  if (typeof type !== 'string') return { type: action.name || 'anonymous' };
  const name = type.replace(/^xstate\./, '');
  if (typeof assignment !== 'object' || assignment === null) return { type: name };
  const constants = Object.entries(assignment).filter(([, value]) => typeof value !== 'function');
  return { type: name, params: Object.fromEntries(constants) as object };
}
