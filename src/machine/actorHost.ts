import type { AnyStateMachine } from 'xstate';
import type { EndReason } from '../../machines/session.ts';
import type { Deadlines } from '../base/deadlines.ts';
import { laterTurn } from '../base/turns.ts';
import type { Journal } from '../events/journal.ts';
import type { Services } from '../events/services.ts';
import { contextNow, toolIn } from '../session/context.ts';
import type { Session } from '../session/session.ts';
import type { FacadeHost } from './actorFacade.ts';
import { pathsOf } from './words.ts';
import type { SystemHost } from './system.ts';

/** What is awake of a session, as its actors use it. */
export interface Incarnation {
  /** How many resources it owns. */
  readonly owned: number;
  readonly isReleased: boolean;
  run<R>(callback: () => R): R;
  crash(error: unknown): void;
}

/** A session, as the actors in it use it. */
export interface ActingSession {
  readonly key: string;
  readonly services: Services;
  readonly journal: Journal;
  readonly session: Session;
  readonly incarnations: { readonly current: Incarnation };
  readonly world: {
    /** Resolves when it can be told again whether the session is this process's; `undefined`: it is. */
    heldUp(): Promise<void> | undefined;
  };
  readonly isAsleep: boolean;
  readonly reason: EndReason;
  /** The session is about to sleep. */
  readonly isDozing: boolean;
  readonly snapshot: {
    hasTag(tag: 'ending' | 'activate' | 'resident' | 'warm'): boolean;
    readonly context: { readonly sleeps: boolean };
  };
  /** Activates the session. `false` where it is ending or has no place. */
  wake(): boolean;
  /** What the store keeps of the session has changed. */
  stateChanged(): void;
  /** Goes on when a promise is fulfilled; what throws then is a crash of the session. */
  later<T>(promise: Promise<T>, go: (value: T) => void): void;
  /** The idle session is in use. */
  activate(): void;
}

/** What a dead letter says of an event to an actor that is over: of the event itself, nothing. */
const LATE = { jsonrpc: '2.0', method: 'session.actor.send' } as const;

/** Who looks after the actors of a session. */
export interface ActorWatcher {
  /** An actor, or a delay of one, has changed. */
  changed(): void;
}

/** One server of a session, as the actors that were made for the server use it. */
export class ActorHost implements SystemHost, FacadeHost {
  readonly #session: ActingSession;
  readonly #current: Incarnation;
  readonly #watcher: ActorWatcher;
  /** The tool whose call sends an event at the moment. */
  #tool: string | undefined;

  constructor(session: ActingSession, current: Incarnation, watcher: ActorWatcher) {
    this.#session = session;
    this.#current = current;
    this.#watcher = watcher;
  }

  get session(): Session {
    return this.#session.session;
  }

  get deadlines(): Deadlines {
    return this.#session.services.deadlines;
  }

  /** What runs for a call of the session goes on to do so: it may ask that call's client. */
  run<R>(callback: () => R): R {
    return contextNow()?.session === this.session ? callback() : this.#current.run(callback);
  }

  whenOwn(go: () => void): void {
    const held = this.#session.world.heldUp();
    if (held === undefined) go();
    else this.#session.later(held, () => this.whenOwn(go));
  }

  sendingFor(tool: string | undefined, send: () => void): void {
    // What hears a step may send the next event, in the middle of the first one.
    const before = this.#tool;
    this.#tool = tool ?? toolIn(this.session);
    try {
      this.run(send);
    } finally {
      this.#tool = before;
    }
  }

  later(go: () => void): void {
    this.#session.later(laterTurn(this.#session.services.clock), () => this.run(go));
  }

  error(error: unknown): void {
    this.#current.crash(error);
  }

  changed(): void {
    this.#watcher.changed();
  }

  get isWatched(): boolean {
    return this.#session.services.events.watchesActors;
  }

  stepped(actor: string, event: string, before: unknown, now: unknown): void {
    const { key, services } = this.#session;
    const at = services.clock.now();
    const [from, to] = [statesOf(before), statesOf(now)];
    const machine = (): AnyStateMachine | undefined => machineOf(now);
    const step = { at, session: key, actor, event, tool: this.#tool, from, to, machine };
    services.events.emit('actor.transition', step);
  }

  log(actor: string, args: readonly unknown[]): void {
    const { key, services } = this.#session;
    services.events.emit('actor.logged', { session: key, actor, args: () => args });
  }

  deadLetter(): void {
    this.#session.journal.deadLetter('in', LATE, 'closed');
  }

  after(ms: number, callback: () => void): () => void {
    const { deadlines } = this;
    const timed = deadlines.at(deadlines.now() + ms, () => this.run(callback));
    return () => deadlines.cancel(timed);
  }
}

function machineOf(snapshot: unknown): AnyStateMachine | undefined {
  return (snapshot as { readonly machine?: AnyStateMachine } | undefined)?.machine;
}

/** The states of a snapshot; of one that is no machine's, its status. */
function statesOf(snapshot: unknown): string {
  const { value, status } = (snapshot ?? {}) as { readonly value?: unknown; status?: unknown };
  if (value !== undefined) return pathsOf(value).join(' ');
  return typeof status === 'string' ? status : '';
}
