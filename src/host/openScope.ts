import type { Actor } from '../actor/actor.ts';
import type { Owned, OwnOptions } from '../base/scope.ts';
import type { Feed } from './feed.ts';
import type { Incarnation } from './incarnation.ts';
import type { AskOptions } from './inbox.ts';
import type { RpcLog } from './rpcLog.ts';
import { type ClientTransport, tap } from './tap.ts';

/** What an {@link OpenScope} needs of the scope's actor. */
export interface OpenScopeHost extends Pick<
  Actor,
  'key' | 'principal' | 'services' | 'journal' | 'crash' | 'lost' | 'close'
> {
  readonly feed: Feed;
  readonly rpcLog: RpcLog;
  publish(kind: string, data: unknown): void;
  ask<T>(
    kind: string,
    params: unknown,
    options: AskOptions<T>,
    incarnation?: Incarnation,
  ): Promise<T>;
}

/** A client of the SDK, v1 or v2, or anything that connects to a transport and closes. */
export interface ScopeClient<T> {
  connect(transport: T): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /**
   * Told when the connection ends and the scope had not closed it, as when a server's process dies.
   * @default the scope crashes: everything it owns is released, and opened again as `onCrash` says
   */
  readonly onLost?: () => unknown;
}

/** How long a remote server may take to hear that its session is over. */
const TERMINATE_MS = 1000;

/**
 * A scope as `open` gets it: here `open` connects clients and gives resources an owner. This object
 * belongs to one call of `open` and ends with what that call made; keep it there to open more
 * later.
 */
export class OpenScope {
  readonly #actor: OpenScopeHost;
  readonly #incarnation: Incarnation;

  /** Made by the host, for `open`. */
  constructor(actor: OpenScopeHost, incarnation: Incarnation) {
    this.#actor = actor;
    this.#incarnation = incarnation;
  }

  /** Names the scope in logs and events; of no use to a client. */
  get key(): string {
    return this.#actor.key;
  }

  get principal(): string | undefined {
    return this.#actor.principal;
  }

  /** Aborts when what this `open` made is released: at the scope's end, or when it crashes. */
  get signal(): AbortSignal {
    return this.#incarnation.signal;
  }

  /**
   * Ties a resource that must be released to the scope: see `Session.own`. A resource that emits
   * `error`, or ends by itself, crashes this scope and no other.
   *
   * @throws ActorsError `bad-option`, `not-disposable`, `session-over`, `too-many-resources`
   */
  own<T extends Owned>(resource: T, options: OwnOptions = {}): T {
    const { journal, services } = this.#actor;
    const { clock, limits } = services;
    if (this.#incarnation.owned >= limits.maxResources) journal.tripped('maxResources');
    this.#incarnation.own(resource, options, {
      clock,
      limits,
      crash: (error) => this.crash(error),
      lost: (error) => {
        if (!this.#incarnation.isReleased) this.#actor.lost(error);
      },
    });
    return resource;
  }

  /**
   * Connects a client and owns it. The client's messages are noted in the scope's log and told to
   * the scope's subscribers, types and sizes only. At the end the server is told that its session
   * is over (Streamable HTTP), then the client is closed.
   *
   * @param name what the client is called in the log
   * @throws whatever `connect` throws; the client is closed then
   */
  async connect<T extends ClientTransport, C extends ScopeClient<T>>(
    name: string,
    client: C,
    transport: T,
    {
      onLost = () => this.crash(new Error(`the connection of ${name} was lost`)),
    }: ConnectOptions = {},
  ): Promise<C> {
    let isLive = false;
    let isLost = false;
    const tapped = tap(transport, {
      ...this.#actor.rpcLog.clientOf(name),
      lost: () => {
        isLost = true;
        if (isLive && !this.#incarnation.isReleased) this.#lost(name, onLost);
      },
    });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= client.close());
    this.own(close);
    try {
      await client.connect(tapped);
      if (isLost) throw new Error(`the connection of ${name} was lost`);
    } catch (error) {
      await close().catch(() => {});
      throw error;
    }
    isLive = true;
    const end = (): unknown => (isLost ? undefined : terminate(transport));
    this.own(end, { deadlineMs: TERMINATE_MS });
    return client;
  }

  /** Tells the scope's subscribers an event: see `HostScope.publish`. */
  publish(kind: string, data: unknown): void {
    this.#actor.publish(kind, data);
  }

  /**
   * Asks the person behind the scope and waits for the answer, which an elicitation or sampling
   * handler returns. The question is given up with `signal`, and when what `open` made is released.
   *
   * @throws ActorsError `inbox-full`, `session-over`, `timed-out`; the signal's reason
   */
  ask<T = unknown>(kind: string, params: unknown, options: AskOptions<T> = {}): Promise<T> {
    return this.#actor.ask(kind, params, options, this.#incarnation);
  }

  /** Reports a resource that failed beyond repair: the scope ends or reopens, by `onCrash`. */
  crash(error: unknown): void {
    if (this.#incarnation.isReleased) this.#actor.journal.orphan('resource', error);
    else this.#actor.crash(error);
  }

  /** Ends the scope and everything the scope owns. */
  close(): void {
    this.#actor.close('terminated');
  }

  #lost(client: string, onLost: () => unknown): void {
    this.#actor.feed.publish('client.lost', { client }, true);
    try {
      onLost();
    } catch (error) {
      // Called from within a transport, where a throw would end the process.
      this.crash(error);
    }
  }
}

/** Tells a server that its session is over, which it else keeps until a timeout of its own. */
async function terminate(transport: object): Promise<void> {
  try {
    await (transport as { terminateSession?: () => Promise<void> }).terminateSession?.();
  } catch {
    // The server may be gone, or not know this request: there is none left to tell.
  }
}
