/** What became of a call that was not answered as it should be. */
export type Trouble =
  /** What it was for has a clear end: the call may have run, and will not run again. */
  | 'session moved'
  | 'server restarted'
  /** It was not begun. */
  | '503'
  /** It was not begun, and its session is held back: its processes died, one after the other. */
  | 'quarantined'
  /** The connection to its own node broke. */
  | 'own connection'
  /** The cluster does not know the session any more. */
  | 'session lost'
  /** Nothing came. */
  | 'no end'
  | 'other';

const KNOWN: readonly [Trouble, RegExp][] = [
  ['session moved', /The session moved/],
  ['server restarted', /Server restarted/],
  ['quarantined', /Session quarantined/],
  [
    '503',
    /Session store unavailable|Shutting down|No node is ready|Overloaded|Service Unavailable/,
  ],
  ['session lost', /Session not found/],
  ['no end', /Request timed out/],
  ['own connection', /The node is gone|fetch failed|ECONN|socket|other side closed|terminated/],
];

/** What kind of trouble an error tells of. */
export function troubleOf(error: unknown): Trouble {
  const text = describe(error);
  return KNOWN.find(([, words]) => words.test(text))?.[0] ?? 'other';
}

/** An error in words, with its cause. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${describe(error.cause)}`;
  return `${error.message}${cause}`;
}
