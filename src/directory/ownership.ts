import type { Awaitable } from '../base/awaitable.ts';
import type { Elsewhere } from './whereabouts.ts';

/** Tells which node a session is on. Asked before the session's record is looked for. */
export interface Ownership {
  /** `ours`: the session is, or becomes, this node's, if there is such a session at all. */
  claim(id: string): Awaitable<'ours' | Elsewhere>;
}

/** The ownership of a single node: every session is its own. */
export const ALONE: Ownership = { claim: () => 'ours' };
