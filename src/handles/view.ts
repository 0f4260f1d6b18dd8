import type { Actor } from '../actor/actor.ts';
import type { ViewDeadline } from '../directory/view.ts';
import { lifeViewOf } from '../directory/viewOf.ts';

/** A handle, as its holder sees it. */
export interface OwnHandle {
  readonly id: string;
  /** What is live was released to save memory; the next use opens it again. */
  readonly isAsleep: boolean;
  /** When the handle was made, in milliseconds since the epoch. */
  readonly startedAt: number;
}

/** A handle in this process, as an operator sees it: nothing of what it holds. */
export interface HandleView {
  readonly kind: string;
  /** The handle's name in events and logs: it opens nothing. */
  readonly key: string;
  /** A loggable name of the principal; `anonymous` without one. */
  readonly principal: string;
  /** The path of the handle's state, such as `idle.warm`. */
  readonly state: string;
  /** When the handle was made, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** How many uses run. */
  readonly running: number;
  /** How many uses wait for their turn. */
  readonly waiting: number;
  /** How many resources the handle owns. */
  readonly owned: number;
  readonly deadline: ViewDeadline | undefined;
}

/** A handle, as views of it are made. */
interface Viewed extends Actor {
  readonly kind: { readonly name: string };
  readonly isAsleep: boolean;
  readonly waiting: number;
  readonly incarnations: { readonly current: { readonly owned: number } };
}

export function ownHandleOf({ id, isAsleep, startedAt }: Viewed): OwnHandle {
  return { id, isAsleep, startedAt };
}

export function viewOfHandle(handle: Viewed): HandleView {
  const { key, principal, state, startedAt, deadline } = lifeViewOf(handle);
  const { kind, inFlight, waiting, incarnations } = handle;
  return {
    kind: kind.name,
    key,
    principal,
    state,
    startedAt,
    running: inFlight,
    waiting,
    owned: incarnations.current.owned,
    deadline,
  };
}
