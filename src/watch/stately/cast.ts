import { sessionMachine } from '../../../machines/session.ts';
import {
  firstStep,
  nextStep,
  type SessionSnapshot,
  sleepingStep,
  type Step,
} from '../../../machines/step.ts';
import {
  supervisorAt,
  supervisorMachine,
  type SupervisorSnapshot,
  type SupervisorState,
} from '../../../machines/supervisor.ts';
import type { AnyStateMachine } from 'xstate';
import type { ActorStep, RuntimeEvents, Transition } from '../../events/events.ts';
import type { ActorView } from '../../machine/actorView.ts';
import type { SessionView } from '../../directory/view.ts';
import { stateAt } from '../../../machines/states.ts';
import { definitionOf } from './definitionOf.ts';
import type { StatelySnapshot } from './packets.ts';
import type { Player } from './player.ts';
import { Troupe } from './troupe.ts';

/** A session, or a handle, which runs the same machine. */
interface SessionPlayer extends Player {
  at: SessionSnapshot;
  /** The users' actors in the session. */
  readonly actors: Troupe;
}

/** What is known of a session, or a handle, from before the bridge. */
type Introduced = Pick<SessionView, 'key' | 'state' | 'startedAt'> &
  Partial<Pick<SessionView, 'isAttached' | 'isConfirmed' | 'reason'>>;

const SESSION = JSON.stringify(definitionOf(sessionMachine, firstStep(false).snapshot.context));
const SUPERVISOR = JSON.stringify(definitionOf(supervisorMachine));

/**
 * Keeps the supervisor, and the sessions and handles that moved last, each with its present
 * snapshot: the actors that a new viewer is told of first. A handle is a session with a kind.
 */
export class Cast {
  readonly root: Player;
  readonly #max: number;
  /** Sessions and handles, by their loggable keys, in the order of their last move. */
  readonly #sessions = new Map<string, SessionPlayer>();
  /** Sessions forgotten because others moved later. */
  forgotten = 0;

  constructor(rootId: string, max: number, now: number, isReady: boolean) {
    this.#max = max;
    this.root = {
      sessionId: rootId,
      name: 'supervisor',
      parent: undefined,
      definition: SUPERVISOR,
      createdAt: now,
      snapshot: shownAs(supervisorAt(isReady ? 'accepting' : 'closed')),
    };
  }

  get size(): number {
    return this.#sessions.size + 1;
  }

  get isFull(): boolean {
    return this.#sessions.size >= this.#max;
  }

  /** All actors, a parent before its children. */
  *players(): Generator<Player> {
    yield this.root;
    for (const session of this.#sessions.values()) {
      yield session;
      yield* session.actors.players();
    }
  }

  find(session: string): Player | undefined {
    return this.#sessions.get(session);
  }

  /** Adds a session from before the bridge; `undefined`: already known, or there is no room. */
  introduce(view: Introduced, kind?: string): Player | undefined {
    const { key, state, startedAt, isAttached = false, isConfirmed = true, reason = null } = view;
    if (this.#sessions.has(key) || this.isFull) return undefined;
    // A view does not say whether the session may sleep; its later steps will.
    const context = { attached: isAttached, confirmed: isConfirmed, sleeps: true, reason };
    return this.#set(key, startedAt, stateAt(state, context), kind);
  }

  moved({ at, session, event, from, to }: Transition, kind?: string): Player {
    const player = this.#sessions.get(session);
    const known = player?.at ?? (from === 'new' ? undefined : stateAt(from, UNKNOWN));
    let step: Step | undefined;
    if (event.type === 'session.opened') step = firstStep(event.sleeps);
    else if (event.type === 'session.recalled') step = sleepingStep(event.confirmed);
    else if (known !== undefined) step = nextStep(known, event);
    // A flag of the context may have been guessed wrong: the state that the event names counts.
    const snapshot = step?.path === to ? step.snapshot : stateAt(to, known?.context ?? UNKNOWN);
    return this.#set(session, at, snapshot, kind);
  }

  /** Adds an actor of a session from before the bridge. */
  introduceActor(session: string, { actor, states, machine }: ActorView): Player | undefined {
    return this.#sessions.get(session)?.actors.introduce(actor, states, machine);
  }

  /** Shows a step of an actor in a session that is shown. */
  acted(
    { session, actor, to, at }: Pick<ActorStep, 'session' | 'actor' | 'to' | 'at'>,
    machine: AnyStateMachine | undefined,
  ): Player | undefined {
    return this.#sessions.get(session)?.actors.acted(actor, to.split(' '), machine, at);
  }

  /** Removes what has ended. @returns the session or handle, where its machine has not said so */
  ended({ session, reason }: RuntimeEvents['session.ended']): Player | undefined {
    const player = this.#sessions.get(session);
    this.#sessions.delete(session);
    // A sleeping session ends as a record, without its machine.
    if (player === undefined || player.at.status === 'done') return undefined;
    player.snapshot = shownAs(stateAt('evicted', { ...player.at.context, reason }));
    return player;
  }

  /** Removes what has left the process, and has not ended. */
  left(session: string): void {
    this.#sessions.delete(session);
  }

  superviseTo(state: string): void {
    // The event's `to` is a state of the supervisor's machine.
    this.root.snapshot = shownAs(supervisorAt(state as SupervisorState));
  }

  #made(session: string, at: number, snapshot: SessionSnapshot, kind?: string): SessionPlayer {
    const player: Player = {
      sessionId: `${kind === undefined ? 'session' : 'handle'}-${session}`,
      name: kind === undefined ? session : `${kind} ${session}`,
      parent: this.root,
      definition: SESSION,
      createdAt: at,
      snapshot: shownAs(snapshot),
    };
    return Object.assign(player, { at: snapshot, actors: new Troupe(player) });
  }

  #set(session: string, at: number, snapshot: SessionSnapshot, kind?: string): SessionPlayer {
    const player = this.#sessions.get(session) ?? this.#made(session, at, snapshot, kind);
    player.at = snapshot;
    player.snapshot = shownAs(snapshot);
    // To the end of the map: this session has moved last.
    this.#sessions.delete(session);
    this.#sessions.set(session, player);
    if (this.#sessions.size > this.#max) {
      // The first key is of the session that has not moved for longest.
      this.#sessions.delete(this.#sessions.keys().next().value!);
      this.forgotten++;
    }
    return player;
  }
}

const UNKNOWN = { attached: false, confirmed: true, sleeps: true, reason: null } as const;

/** What is shown of each snapshot: all sessions in a state share one snapshot. */
const shown = new WeakMap<object, StatelySnapshot>();

function shownAs(snapshot: SessionSnapshot | SupervisorSnapshot): StatelySnapshot {
  let known = shown.get(snapshot);
  if (known === undefined) {
    const { value, context, tags, status } = snapshot;
    known = {
      status: status === 'done' ? 'done' : 'active',
      value,
      context,
      tags: [...tags],
      children: {},
      historyValue: {},
      output: undefined,
      error: undefined,
    };
    shown.set(snapshot, known);
  }
  return known;
}
