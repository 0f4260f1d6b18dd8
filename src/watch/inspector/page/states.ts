/** The states of a session in the order of a life, each before those within it. */
export const STATES: readonly string[] = [
  'initializing',
  'initializing.building',
  'initializing.handshaking',
  'initializing.waking',
  'active',
  'idle',
  'idle.warm',
  'idle.dozing',
  'idle.pinned',
  'idle.asleep',
  'closing',
  'closing.settling',
  'closing.cutting',
  'closing.releasing',
  'evicted',
];

/** The place of a state in a life; a session begins before its first state. */
export function placeOf(state: string): number {
  return STATES.indexOf(state);
}
