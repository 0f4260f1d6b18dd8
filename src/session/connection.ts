import type { SessionContext } from './context.ts';
import { ActorsError } from '../base/errors.ts';
import type { Extra } from './exchange.ts';
import type { Handshake } from './handshake.ts';
import type { Journal } from '../events/journal.ts';
import { type OrphanListener, type Owned, Scope, type WaitWithin } from '../base/scope.ts';
import type { SessionServer } from './session.ts';
import { ServerTransport, type TransportHost } from './transport.ts';
import {
  isRequest,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';

/** The session of a connection. */
export interface ConnectionOwner extends SessionContext {
  readonly id: string;
  readonly journal: Journal;
  /** Where answers go. */
  readonly mailbox: { settle(response: ResponseMessage): void };
}

/** What a server says beside its answers. */
export type ServerVoice = Omit<TransportHost, 'settle'>;

/** Servers that have had their one connection. Weak: it holds nobody alive. */
const used = new WeakSet<object>();

/**
 * One incarnation of a session: its SDK server, the transport between the two, and what it owns.
 * The only place where a server is connected, and the teardown list of all of it.
 */
export class Connection implements TransportHost, SessionContext {
  readonly transport: ServerTransport;
  /** Made when it first owns something. */
  #scope: Scope | null = null;
  #server: SessionServer | null = null;
  #abort: AbortController | null = null;
  #isReleased = false;
  #released: Promise<void> | null = null;
  #replaying: Map<RequestId, (response: ResponseMessage) => void> | null = null;

  readonly #owner: ConnectionOwner;
  readonly #voice: ServerVoice;

  constructor(owner: ConnectionOwner, voice: ServerVoice) {
    this.#owner = owner;
    this.#voice = voice;
    this.transport = new ServerTransport(owner.id, this);
  }

  // What code of this incarnation reaches.

  get session(): SessionContext['session'] {
    return this.#owner.session;
  }

  get locals(): SessionContext['locals'] {
    return this.#owner.locals;
  }

  stateChanged(): void {
    if (!this.#isReleased) this.#owner.stateChanged();
  }

  /** What a dead incarnation still throws is not its successor's, and crashes nobody (law 9). */
  crash(error: unknown, what: 'handler' | 'resource' = 'handler'): void {
    if (this.#isReleased) this.#owner.journal.orphan(what, error);
    else this.#owner.crash(error);
  }

  // What the server says passes through here, so that answers to a replay stop here.

  settle(response: ResponseMessage): void {
    const replayed = this.#replaying?.get(response.id);
    if (replayed === undefined) this.#owner.mailbox.settle(response);
    else replayed(response);
  }

  tell(notification: NotificationMessage, relatedTo: RequestId | undefined): void {
    this.#voice.tell(notification, relatedTo);
  }

  ask(request: RequestMessage, relatedTo: RequestId | undefined): void {
    this.#voice.ask(request, relatedTo);
  }

  late(message: Message): void {
    this.#voice.late(message);
  }

  drained(): Promise<void> | undefined {
    return this.#voice.drained();
  }

  closedByServer(): void {
    this.#voice.closedByServer();
  }

  get isReachable(): boolean {
    return this.#voice.isReachable;
  }

  /**
   * Connects what a factory made.
   *
   * @throws ActorsError `bad-server`, `server-reused`; whatever `connect` throws
   */
  async connect(server: SessionServer): Promise<void> {
    check(server);
    // Released while the factory ran: the late server is closed, never connected.
    if (this.#isReleased) return server.close();
    this.#server = server;
    await server.connect(this.transport);
  }

  deliver(message: Message, delivery: Extra | undefined): void {
    this.transport.deliver(message, delivery);
  }

  /** Tells a fresh server what the client told its predecessor; the answers go to nobody. */
  async replay(handshake: Handshake, prefix: string): Promise<void> {
    this.#replaying = new Map();
    for (const message of handshake.replay(prefix)) {
      if (this.#isReleased) return;
      if (!isRequest(message)) {
        this.deliver(message, undefined);
        continue;
      }
      const response = await new Promise<ResponseMessage>((resolve) => {
        this.#replaying?.set(message.id, resolve);
        this.deliver(message, undefined);
      });
      if (response.error !== undefined && message.method === 'initialize') {
        throw new ActorsError('bad-server', 'the rebuilt server refused the handshake');
      }
    }
    this.#replaying = null;
  }

  /** Aborts when this incarnation is released. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isReleased) this.#abort.abort();
    return this.#abort.signal;
  }

  own(resource: Owned, deadlineMs: number | undefined, max: number): void {
    this.#scope ??= new Scope();
    this.#scope.own(resource, deadlineMs, max);
  }

  get owned(): number {
    return this.#scope?.size ?? 0;
  }

  /**
   * The teardown list, in order: transport (handlers are aborted, nothing said from here on goes
   * out), signal, server, resources last in first out. Runs once, for whoever calls; nothing in it
   * stops the rest.
   */
  release(
    wait: WaitWithin,
    onOrphan: (what: 'server' | 'resource') => OrphanListener,
  ): Promise<void> {
    this.#released ??= this.#release(wait, onOrphan);
    return this.#released;
  }

  async #release(
    wait: WaitWithin,
    onOrphan: (what: 'server' | 'resource') => OrphanListener,
  ): Promise<void> {
    this.#isReleased = true;
    const server = this.#server;
    this.#server = null;
    try {
      this.transport.detach();
    } catch (error) {
      onOrphan('server')(error);
    }
    this.#abort?.abort();
    try {
      if (server !== null) await wait(() => server.close(), undefined);
    } catch (error) {
      onOrphan('server')(error);
    }
    // A closed one, so that nothing is owned from here on.
    this.#scope ??= new Scope();
    await this.#scope.close(wait, onOrphan('resource'));
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }
}

function check(server: unknown): asserts server is SessionServer {
  const { connect, close } = (server ?? {}) as Partial<SessionServer>;
  if (typeof connect !== 'function' || typeof close !== 'function') {
    throw new ActorsError('bad-server', 'the factory must return a server with connect and close');
  }
  if (used.has(server as object)) {
    throw new ActorsError('server-reused', 'the factory must make a new server for each session');
  }
  used.add(server as object);
}
