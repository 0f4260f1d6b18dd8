/** What the processes of a test keep of a session. */
export interface Lines {
  readonly lines: readonly string[];
}

/** How much a `flood` says: more than one stream may have unread, less than what can be replayed. */
export const FLOOD = { count: 12, bytes: 64 * 1024, maxStreamBytes: 256 * 1024 } as const;

export function textOf(said: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: said }] };
}
