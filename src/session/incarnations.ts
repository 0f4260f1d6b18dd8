import { leap } from '../base/ids.ts';
import type { WaitWithin } from '../base/scope.ts';
import type { Message } from '../wire/jsonrpc.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { runInSession } from './context.ts';
import type { Extra } from './exchange.ts';
import type { Handshake } from './handshake.ts';
import type { Outgoing } from './outgoing.ts';
import type { SessionSettings } from './world.ts';

/** What the servers of a session need of it. */
export interface IncarnationsHost extends ConnectionOwner {
  readonly key: string;
  readonly world: { readonly settings: SessionSettings };
  readonly handshake: Handshake;
  readonly outgoing: Outgoing;
  state: unknown;
  readonly lifetimes: {
    /** Waits for a release, not for ever. */
    readonly wait: WaitWithin;
  };
  now(): number;
  tell(event: { readonly type: 'session.built' | 'session.woken' }): void;
  /** The first server is connected: the session exists for those who watch. */
  announce(): void;
  /** Stores what is kept of the session. `false`: the store failed, and the session goes on in memory. */
  stored(): Promise<boolean>;
  /** The next server is there and knows its client; nothing has reached it yet. */
  woke(connection: Connection, began: number): Promise<void>;
}

/**
 * The servers of one session, one after the other: built by the factory, rebuilt after a crash,
 * each with a connection that is released once.
 */
export class Incarnations {
  readonly #session: IncarnationsHost;
  #connection: Connection;
  #epoch = 0;
  #isGone = true;
  #released: Promise<unknown> | null = null;

  constructor(session: IncarnationsHost) {
    this.#session = session;
    this.#connection = new Connection(session, session.outgoing);
  }

  /** The one that serves now, or is being built. */
  get current(): Connection {
    return this.#connection;
  }

  /** Nothing of the last one is left. */
  get isReleased(): boolean {
    return this.#isGone;
  }

  /** Which one it is, counted from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** How often the server was rebuilt. */
  get wakeCount(): number {
    return Math.max(this.#epoch - 1, 0);
  }

  /** The first server: the state is made, the factory runs, the handshake will come from the client. */
  build(): void {
    const session = this.#session;
    const connection = this.#connection;
    this.#begin(async () => {
      session.state = session.world.settings.state.create?.();
      await this.#connect();
      if (connection.isReleased) return;
      session.announce();
      session.tell({ type: 'session.built' });
    });
  }

  /** Hands a message to the server there is. */
  deliver(message: Message, delivery: Extra | undefined): void {
    const connection = this.#connection;
    try {
      runInSession(connection, () => connection.deliver(message, delivery));
    } catch (error) {
      // Its own: by now there may be a successor, rebuilt for another error of the same message.
      connection.crash(error);
    }
  }

  /** Goes on from a record: the next one counts on from it. */
  restore(epoch: number): void {
    this.#epoch = epoch;
  }

  /** A later one: told what its predecessor was told, the answers swallowed. */
  rebuild(): void {
    const session = this.#session;
    const connection = new Connection(session, session.outgoing);
    this.#connection = connection;
    const began = session.now();
    this.#begin(async () => {
      // One incarnation at a time: what the last one owned is gone before its successor opens it.
      await this.#released;
      if (connection.isReleased) return;
      // Before the factory: what it makes may ask as soon as it hears of its client.
      await this.#own();
      if (connection.isReleased) return;
      await this.#connect();
      await connection.replay(session.handshake, `${session.key}:${this.#epoch}`);
      if (connection.isReleased) return;
      await session.woke(connection, began);
      if (!connection.isReleased) session.tell({ type: 'session.woken' });
    });
  }

  /**
   * Makes the new epoch this incarnation's alone before it asks anything. Where it can not be
   * stored, it leaps so far that a process which knows nothing of it will not come to the same.
   */
  async #own(): Promise<void> {
    if (await this.#session.stored()) return;
    this.#epoch += leap();
    this.#session.outgoing.begin(this.#epoch);
  }

  /** Releases the current one and everything it owns. */
  async release(): Promise<void> {
    const session = this.#session;
    const { journal, lifetimes } = session;
    // The sweep's timer, or the request that ended it, may belong to another session.
    const connection = this.#connection;
    // The one before it may not be gone yet, and this one may be going already.
    const before = this.#released;
    const released = runInSession(connection, () =>
      connection.release(lifetimes.wait, (what) => (error) => {
        journal.orphan(what, error);
      }),
    );
    this.#released = Promise.all([before, released]);
    await this.#released;
    if (connection === this.#connection) this.#isGone = true;
  }

  #begin(build: () => Promise<void>): void {
    const session = this.#session;
    const connection = this.#connection;
    this.#epoch++;
    this.#isGone = false;
    session.outgoing.begin(this.#epoch);
    runInSession(connection, build).catch((error: unknown) => {
      // Too late to crash anything: the session went on without it, or ended.
      if (connection.isReleased) session.journal.orphan('server', error);
      else session.crash(error);
    });
  }

  async #connect(): Promise<void> {
    const session = this.#session;
    const connection = this.#connection;
    await connection.connect(await session.world.settings.server(session.session));
  }
}
