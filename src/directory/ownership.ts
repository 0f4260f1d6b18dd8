import type { Awaitable } from '../base/awaitable.ts';
import type { Elsewhere } from './whereabouts.ts';

/** Which node a session is on: asked before its record is looked for. */
export interface Ownership {
  /** `ours`: it is, or becomes, this node's, if there is such a session at all. */
  claim(id: string): Awaitable<'ours' | Elsewhere>;
}

/** One node: every session is its own. */
export const ALONE: Ownership = { claim: () => 'ours' };
