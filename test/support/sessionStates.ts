import {
  END_REASONS,
  nextStep,
  type SessionEvent,
  type SessionSnapshot,
  firstStep,
} from '../../machines/index.ts';

/** Every state a session can rest in, and the shortest way there for a host that keeps records. */
const BUILT: SessionEvent[] = [{ type: 'session.built' }];
const ACTIVE: SessionEvent[] = [...BUILT, { type: 'handshake.answered' }];
const CONFIRMED: SessionEvent[] = [...ACTIVE, { type: 'handshake.confirmed' }];
const WARM: SessionEvent[] = [...CONFIRMED, { type: 'session.quiet' }];
const DOZING: SessionEvent[] = [...WARM, { type: 'deadline.passed' }];
const ASLEEP: SessionEvent[] = [...DOZING, { type: 'session.slept' }];
const SETTLING: SessionEvent[] = [...CONFIRMED, { type: 'session.close', reason: 'terminated' }];
const RELEASING: SessionEvent[] = [...SETTLING, { type: 'session.settled' }];

export const WAYS = {
  'initializing.building': [],
  'initializing.handshaking': BUILT,
  'initializing.waking': [...ASLEEP, { type: 'message.arrived' }],
  active: CONFIRMED,
  'idle.warm': WARM,
  'idle.dozing': DOZING,
  'idle.pinned': [...DOZING, { type: 'sleep.refused' }],
  'idle.asleep': ASLEEP,
  'closing.settling': SETTLING,
  'closing.releasing': RELEASING,
  evicted: [...RELEASING, { type: 'session.released' }],
} satisfies Record<string, SessionEvent[]>;

export type StateName = keyof typeof WAYS;
export const STATE_NAMES = Object.keys(WAYS) as StateName[];

/** Every event there is, in every variant. */
export const EVENTS: readonly SessionEvent[] = [
  { type: 'session.built' },
  { type: 'session.ready' },
  { type: 'session.woken' },
  { type: 'session.crashed', restart: false },
  { type: 'session.crashed', restart: true },
  { type: 'handshake.answered' },
  { type: 'handshake.refused' },
  { type: 'handshake.confirmed' },
  { type: 'message.arrived' },
  { type: 'session.quiet' },
  { type: 'session.slept' },
  { type: 'sleep.refused' },
  { type: 'stream.attached' },
  { type: 'stream.detached' },
  { type: 'deadline.passed' },
  ...END_REASONS.map((reason) => ({ type: 'session.close', reason }) as const),
  { type: 'session.settled' },
  { type: 'session.released' },
];

/** A session that was told these events, one after the other. */
export function told(events: readonly SessionEvent[], sleeps = true): SessionSnapshot {
  let { snapshot } = firstStep(sleeps);
  for (const event of events) ({ snapshot } = nextStep(snapshot, event));
  return snapshot;
}

/** The path of the state a snapshot is in. */
export function stateOf({ value }: Pick<SessionSnapshot, 'value'>): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([parent, child]) => `${parent}.${child}`)
    .join();
}

/** An event's name, with what tells its variants apart. */
export function nameOf(event: SessionEvent): string {
  if (event.type === 'session.close') return `session.close ${event.reason}`;
  return event.type === 'session.crashed' && event.restart ? 'session.crashed restart' : event.type;
}
