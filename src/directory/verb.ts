import type { EndReason } from '../../machines/session.ts';

/** What is done to one session, or to what else a process has, in whichever process that is. */
export type Verb =
  | { readonly do: 'evict'; readonly reason: EndReason }
  | { readonly do: 'wake' }
  /** Has a process put something to sleep, and give it up: the one that asks is about to claim it. */
  | { readonly do: 'give' };

/**
 * What came of a verb: whether there was such a session to act on. `moved`: the process that was asked
 * does not have the session any more, and nothing was done. `busy`: it is in use for longer than anybody
 * waits.
 */
export type Done = boolean | 'moved' | 'busy';
