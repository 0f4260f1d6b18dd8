/** JSON that a machine can be made of again: its states, transitions, descriptions, tags and names. */
export type Definition = Readonly<Record<string, unknown>>;

/**
 * The definition of a machine as JSON. Guards and actions are in it by name; what they do is not.
 *
 * @param machine of XState, or anything with its `config`
 * @param context stands for one that the machine makes of its input
 */
export function definitionOf(machine: { readonly config: object }, context?: object): Definition {
  const config = namesIn(machine.config) as Definition;
  return context === undefined ? config : { ...config, context };
}

function namesIn(value: unknown): unknown {
  if (typeof value === 'function') return actionOf(value);
  if (Array.isArray(value)) return value.map(namesIn);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    // What is computed of an event has no words in JSON: an action without is still itself.
    .filter(([key, member]) => !(key === 'params' && typeof member === 'function'))
    .map(([key, member]) => [key, namesIn(member)]);
  return Object.fromEntries(entries) as unknown;
}

/** An action without a name: `assign` says what it assigns. */
function actionOf(action: Function): object {
  const { type, assignment } = action as { type?: unknown; assignment?: unknown };
  if (typeof type !== 'string') return { type: action.name || 'anonymous' };
  const name = type.replace(/^xstate\./, '');
  if (typeof assignment !== 'object' || assignment === null) return { type: name };
  return { type: name, params: constantsOf(assignment) };
}

function constantsOf(assignment: object): object {
  const entries = Object.entries(assignment).filter(([, value]) => typeof value !== 'function');
  return Object.fromEntries(entries) as object;
}
