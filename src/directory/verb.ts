import type { EndReason } from '../../machines/session.ts';

/** What an operator has done to one session, in whichever process the session is. */
export type Verb = { readonly do: 'evict'; readonly reason: EndReason } | { readonly do: 'wake' };

/**
 * What came of a verb: whether there was such a session to act on. `moved`: the process that was asked
 * does not have the session any more, and nothing was done.
 */
export type Done = boolean | 'moved';
