import {
  type AnyActorRef,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createActor,
  createMachine,
  type EventObject,
  type InspectionEvent,
} from 'xstate';

/** An event that a machine is sent by itself after a delay. */
export interface PendingDelay {
  readonly id: string;
  readonly event: EventObject;
  /** Milliseconds until the event, >= 0. */
  readonly dueInMs: number;
}

/** Where a machine stands: its snapshot, and the delays that run. Nothing of a position runs. */
export interface Position {
  readonly snapshot: AnyMachineSnapshot;
  /** The next to be due comes first. */
  readonly delays: readonly PendingDelay[];
}

/** A microstep of a machine: transitions that are taken together. */
export interface Microstep {
  readonly transitions: readonly AnyTransitionDefinition[];
  readonly snapshot: AnyMachineSnapshot;
}

/** Where a machine comes to, and how. */
export interface Move {
  readonly position: Position;
  readonly steps: readonly Microstep[];
}

/** What becomes of an actor that a machine invokes or spawns. */
export type ActorOutcome = { readonly output: unknown } | { readonly error: unknown };

/** The position in which a machine begins. No action runs, and no actor starts. */
export function begin(machine: AnyStateMachine, input?: unknown): Move {
  return step([], (scope) => machine.getInitialSnapshot(scope, input));
}

/** The position to which an event leads. No action runs, and no actor starts. */
export function take({ snapshot, delays }: Position, event: EventObject): Move {
  return step(delays, (scope) => snapshot.machine.transition(snapshot, event, scope));
}

/** The position after some time, with every delay that falls due on the way. @param ms >= 0 */
export function pass(position: Position, ms: number): Move {
  const [first] = position.delays;
  if (first === undefined || first.dueInMs > ms)
    return { position: later(position, ms), steps: [] };
  const { snapshot, delays } = later(position, first.dueInMs);
  const due = take({ snapshot, delays: delays.filter(({ id }) => id !== first.id) }, first.event);
  const rest = pass(due.position, ms - first.dueInMs);
  return { position: rest.position, steps: [...due.steps, ...rest.steps] };
}

/**
 * The position after actors that run have ended as they are said to, one after the other, each once.
 *
 * @param outcomes by the id of the actor, or by the name of its logic
 */
export function settle(position: Position, outcomes: Readonly<Record<string, ActorOutcome>>): Move {
  const steps: Microstep[] = [];
  const open = new Map(Object.entries(outcomes));
  let now = position;
  for (;;) {
    const next = Object.entries(now.snapshot.children)
      .map(([id, child]) => [id, open.has(id) ? id : (child as AnyActorRef | undefined)?.src])
      .find((pair): pair is [id: string, name: string] => open.has(pair[1] as string));
    if (next === undefined) return { position: now, steps };
    const [id, name] = next;
    const move = take(now, ending(id, open.get(name)!));
    open.delete(name);
    steps.push(...move.steps);
    now = move.position;
  }
}

function ending(actorId: string, outcome: ActorOutcome): EventObject {
  const kind = 'error' in outcome ? 'error' : 'done';
  const event = { type: `xstate.${kind}.actor.${actorId}`, actorId, ...outcome };
  return event;
}

function later({ snapshot, delays }: Position, ms: number): Position {
  return {
    snapshot,
    delays: delays.map((each) => ({ ...each, dueInMs: Math.max(0, each.dueInMs - ms) })),
  };
}

/** What XState tells of an action that a runtime would have to run. */
interface Executable {
  readonly type: string;
  readonly params?: unknown;
}

/** The members of such an action that delays an event, or takes one back. */
interface Delaying {
  readonly to?: unknown;
  readonly event?: EventObject;
  readonly id?: string;
  readonly sendId?: string;
  readonly delay?: number;
}

function step(before: readonly PendingDelay[], go: (scope: AnyActorScope) => unknown): Move {
  const steps: Microstep[] = [];
  const delays = new Map(before.map((each) => [each.id, each]));
  const inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep') return;
    steps.push({
      transitions: event._transitions,
      snapshot: event.snapshot as AnyMachineSnapshot,
    });
  };
  // Has a system of its own, and never starts.
  const self = createActor(NOBODY, { inspect });
  const scope: AnyActorScope = {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: () => {},
    defer: () => {},
    stopChild: () => {},
    emit: () => {},
    actionExecutor: ({ type, params }: Executable) => {
      const { to, event, id, sendId, delay } = (params ?? {}) as Delaying;
      if (type === 'xstate.cancel' && sendId !== undefined) delays.delete(sendId);
      const isOwn = type === 'xstate.raise' || (type === 'xstate.sendTo' && to === self);
      if (!isOwn || event === undefined || delay === undefined) return;
      const name = id ?? `delay ${delays.size}`;
      // The one that began first is due first, of two that are due together.
      delays.delete(name);
      delays.set(name, { id: name, event, dueInMs: delay });
    },
  };
  const snapshot = go(scope) as AnyMachineSnapshot;
  const running = snapshot.status === 'active' ? [...delays.values()] : [];
  return {
    position: { snapshot, delays: running.toSorted((a, b) => a.dueInMs - b.dueInMs) },
    steps,
  };
}

const NOBODY = createMachine({});
