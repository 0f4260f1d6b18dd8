import { type SessionContext, sessionMachine } from './session.ts';
import type { SessionSnapshot } from './step.ts';

type StateValue = SessionSnapshot['value'];

/** The value of every state a session can be in, by the state's path. */
const values = new Map<string, StateValue>();
for (const [parent, state] of Object.entries(sessionMachine.states)) {
  const children = Object.keys(state.states);
  // The value is built from the machine's own keys, so it is one of the machine's values.
  if (children.length === 0) values.set(parent, parent as StateValue);
  for (const child of children) {
    values.set(`${parent}.${child}`, { [parent]: child } as unknown as StateValue);
  }
}

export const STATE_PATHS: readonly string[] = [...values.keys()];

/**
 * The snapshot of a session in a given state, for watchers that did not see it get there.
 *
 * @throws RangeError for a path the machine does not have
 */
export function stateAt(path: string, context: SessionContext): SessionSnapshot {
  const value = values.get(path);
  if (value === undefined) throw new RangeError(`no state ${JSON.stringify(path)}`);
  return sessionMachine.resolveState({ value, context });
}
