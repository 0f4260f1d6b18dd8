import { atOnce } from '../base/awaitable.ts';
import { leap } from '../base/ids.ts';
import type { Message } from '../wire/jsonrpc.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { ContextOfCall, runInSession } from './context.ts';
import type { Extra } from './exchange.ts';
import type { Handshake } from './handshake.ts';
import type { Outgoing } from './outgoing.ts';
import { engineSought } from './schemaEngine.ts';
import type { UserActors } from './userActors.ts';
import type { SessionSettings } from './world.ts';

/** What the servers of a session need of the session. */
export interface IncarnationsHost extends ConnectionOwner {
  readonly key: string;
  readonly world: {
    /** Resolves when it can be told again whether the session is this process's; `undefined`: it is. */
    heldUp(): Promise<void> | undefined;
    readonly settings: SessionSettings;
    readonly actors: { prepare(session: IncarnationsHost): void };
  };
  readonly userActors: Pick<UserActors, 'start' | 'stop'> | undefined;
  readonly services: ConnectionOwner['services'] & {
    readonly events: { readonly watchesActors: boolean };
  };
  readonly handshake: Handshake;
  readonly outgoing: Outgoing;
  state: unknown;
  now(): number;
  tell(event: { readonly type: 'session.built' | 'session.woken' }): void;
  /** The first server is connected: announces the session to watchers. */
  announce(): void;
  /** Stores the session now. `false`: the store failed, and the session goes on in memory. */
  stored(): Promise<boolean>;
  /** The next server is there and knows its client; no message has reached that server yet. */
  woke(connection: Connection, began: number): Promise<void>;
}

/**
 * The servers of one session, one after the other: built by the factory, rebuilt after sleep or a
 * crash, each with a connection that is released once.
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

  /** The connection of the server that serves now or is being built. */
  get current(): Connection {
    return this.#connection;
  }

  /** Nothing of the last server is left. */
  get isReleased(): boolean {
    return this.#isGone;
  }

  /** The number of the current incarnation, counted from 1. */
  get epoch(): number {
    return this.#epoch;
  }

  /** How often the server was rebuilt. */
  get wakeCount(): number {
    return Math.max(this.#epoch - 1, 0);
  }

  /** Builds the first server: makes the state and runs the factory. The client then initializes. */
  build(): void {
    const session = this.#session;
    const connection = this.#connection;
    this.#begin(async () => {
      session.state = atOnce('state', session.world.settings.state.create?.());
      await this.#connect();
      if (connection.isReleased) return;
      session.userActors?.start();
      if (connection.isReleased) return;
      session.announce();
      session.tell({ type: 'session.built' });
    });
  }

  /** Hands a message to the current server. */
  deliver(message: Message, delivery: Extra | undefined): void {
    const connection = this.#connection;
    const call = delivery?.call;
    const session = this.#session;
    // Asked first: of a call that nobody watches, nothing else is looked at.
    const isWatched = session.services.events.watchesActors && session.userActors !== undefined;
    const tool = isWatched ? toolOf(message) : undefined;
    const isPlain = call === undefined && tool === undefined;
    const context = isPlain ? connection : new ContextOfCall(connection, call, tool);
    try {
      runInSession(context, () => connection.deliver(message, delivery));
    } catch (error) {
      // This connection's error: by now a successor may be there, rebuilt for the same message.
      connection.crash(error);
    }
  }

  /** Goes on from the epoch of a record: the next incarnation counts on from it. */
  restore(epoch: number): void {
    this.#epoch = epoch;
  }

  /** Builds a later server: it is told what the last server was told, its answers are swallowed. */
  rebuild(): void {
    const session = this.#session;
    const { world } = session;
    const connection = new Connection(session, session.outgoing);
    this.#connection = connection;
    const began = session.now();
    this.#begin(async () => {
      // One incarnation at a time: what the last server owned is gone before the next one opens it.
      await this.#released;
      if (connection.isReleased) return;
      // Before the factory runs: a server may ask as soon as it hears of its client.
      await this.#own();
      if (connection.isReleased) return;
      await this.#connect();
      await connection.replay(session.handshake, `${session.key}:${this.#epoch}`);
      if (connection.isReleased) return;
      await session.woke(connection, began);
      // Waking takes as long as user code does: what actors start may be another process's by now.
      for (let held = world.heldUp(); held !== undefined; held = world.heldUp()) {
        await held;
        if (connection.isReleased) return;
      }
      if (connection.isReleased) return;
      session.userActors?.start();
      if (!connection.isReleased) session.tell({ type: 'session.woken' });
    });
  }

  /**
   * Makes the new epoch this incarnation's alone before its server asks anything. An epoch that can
   * not be stored leaps so far that a process which knows nothing of it will not come to the same.
   */
  async #own(): Promise<void> {
    if (await this.#session.stored()) return;
    this.#epoch += leap();
    this.#session.outgoing.begin(this.#epoch);
  }

  /** Releases the current server and everything it owns. */
  async release(): Promise<void> {
    const session = this.#session;
    const { journal, lifetimes } = session;
    // The sweep's timer, or the request that ended the session, may belong to another session.
    const connection = this.#connection;
    // The server before may not be gone yet, and the current server may be going already.
    const before = this.#released;
    const released = runInSession(connection, () => {
      // First: what the teardown does is nothing that an actor has still to hear.
      session.userActors?.stop();
      return connection.release(lifetimes.wait, (what) => (error) => {
        journal.orphan(what, error);
      });
    });
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
      // Too late to crash the session: it went on without this connection, or ended.
      if (connection.isReleased) session.journal.orphan('server', error);
      else session.crash(error);
    });
  }

  async #connect(): Promise<void> {
    const session = this.#session;
    const connection = this.#connection;
    const sought = engineSought();
    if (sought !== undefined) await sought;
    session.world.actors.prepare(session);
    await connection.connect(await session.world.settings.server(session.session));
  }
}

/** What a tool may be called, by the rules of the protocol, and with `/`. */
const TOOL_NAME = /^[\w./-]{1,128}$/;

/** The tool that a message calls. Not every server knows its tools by name: other text is no name. */
function toolOf(message: Message): string | undefined {
  if (!('method' in message) || message.method !== 'tools/call') return undefined;
  const name = message.params?.['name'];
  return typeof name === 'string' && TOOL_NAME.test(name) ? name : undefined;
}
