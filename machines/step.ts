import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { type Arrival, type SessionContext, type SessionEvent, sessionMachine } from './session.ts';

export type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;

/** The effects a session's machine names; the runtime provides all of them. */
export const SESSION_EFFECTS = [
  'build',
  'greet',
  'rebuild',
  'doze',
  'fallAsleep',
  'abandon',
  'dispatchStash',
  'watchQuiet',
  'armIdle',
  'armEvict',
  'disarm',
  'confirm',
  'settle',
  'cut',
  'release',
  'bury',
] as const;

export type SessionEffect = (typeof SESSION_EFFECTS)[number];

/** One step of a session's machine: the state it leads to, and the effects to run, in order. */
export interface Step {
  readonly snapshot: SessionSnapshot;
  /** The path of the state the step leads to: `idle.warm`. For watchers; code asks for tags. */
  readonly path: string;
  readonly effects: readonly SessionEffect[];
  /** What the state does with a message that arrives. */
  readonly arrival: Arrival;
}

/**
 * The machine as XState steps it, remembered.
 *
 * A session's context is a handful of flags, so all its snapshots are a small closed set. Each is
 * kept once and shared by every session in that state, and each transition is computed once: a
 * session costs one pointer, a step one look-up. Nothing here depends on anything but the machine.
 */
const snapshots = new Map<string, SessionSnapshot>();
const steps = new WeakMap<SessionSnapshot, Map<string, Step>>();
const firsts = new Map<boolean, Step>();
const sleepers = new Map<boolean, Step>();

/** The step with which a new session begins. @param sleeps the host keeps records */
export function firstStep(sleeps: boolean): Step {
  let first = firsts.get(sleeps);
  if (first === undefined) {
    first = remember(initialTransition(sessionMachine, { sleeps }));
    firsts.set(sleeps, first);
  }
  return first;
}

/** The step with which a recorded session goes on: asleep, until a message comes. */
export function sleepingStep(confirmed: boolean): Step {
  let step = sleepers.get(confirmed);
  if (step === undefined) {
    const context = { attached: false, confirmed, sleeps: true, reason: null };
    const snapshot = sessionMachine.resolveState({ value: { idle: 'asleep' }, context });
    step = remember([snapshot, []]);
    sleepers.set(confirmed, step);
  }
  return step;
}

/** The step that an event makes of a session's snapshot. */
export function nextStep(snapshot: SessionSnapshot, event: SessionEvent): Step {
  let known = steps.get(snapshot);
  if (known === undefined) steps.set(snapshot, (known = new Map()));
  const name = nameOf(event);
  let step = known.get(name);
  if (step === undefined) {
    step = remember(transition(sessionMachine, snapshot, event));
    known.set(name, step);
  }
  return step;
}

function remember([snapshot, actions]: [SessionSnapshot, readonly { type: string }[]]): Step {
  const name = JSON.stringify([snapshot.value, flagsOf(snapshot.context)]);
  const shared = snapshots.get(name) ?? snapshot;
  snapshots.set(name, shared);
  // The machine's own assignments are applied by now; the actions left are the effects it names.
  const effects = actions.map(({ type }) => type as SessionEffect);
  return { snapshot: shared, path: pathOf(shared.value), effects, arrival: arrivalOf(shared) };
}

function pathOf(value: SessionSnapshot['value']): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([parent, child]) => `${parent}.${child as string}`)
    .join();
}

function flagsOf({ attached, confirmed, sleeps, reason }: SessionContext): unknown[] {
  return [attached, confirmed, sleeps, reason];
}

/** Names an event: events carry only members of closed sets, so the names are a closed set too. */
function nameOf(event: SessionEvent): string {
  if (event.type === 'session.close') return `${event.type} ${event.reason}`;
  return event.type === 'session.crashed' && event.restart ? `${event.type} restart` : event.type;
}

/** The row of the arrival table for the state a session is in. */
export function arrivalOf(snapshot: { hasTag(tag: Arrival): boolean }): Arrival {
  if (snapshot.hasTag('dispatch')) return 'dispatch';
  if (snapshot.hasTag('stash')) return 'stash';
  if (snapshot.hasTag('activate')) return 'activate';
  return 'refuse';
}
