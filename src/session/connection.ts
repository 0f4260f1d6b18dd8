import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { runInSession, type SessionContext } from './context.ts';
import { ActorsError } from '../base/errors.ts';
import type { Extra } from './exchange.ts';
import type { Handshake } from './handshake.ts';
import type { Journal } from '../events/journal.ts';
import type { OrphanListener, Resource, WaitWithin } from '../base/resource.ts';
import { type Owned, type Owner, type OwnOptions, Scope } from '../base/scope.ts';
import { OwnQuestions } from './ownQuestions.ts';
import type { SessionServer } from './session.ts';
import { type Answers, ServerTransport, type ServerVoice } from './transport.ts';
import { isRequest, type Message, type RequestId, type ResponseMessage } from '../wire/jsonrpc.ts';
import type { SdkTransport } from '../wire/sdkTransport.ts';

/** The session a connection belongs to. */
export interface ConnectionOwner extends Omit<SessionContext, 'ask' | 'call' | 'stray'> {
  readonly id: string;
  /** Something of the session runs or waits: an escaped error is most likely from there. */
  readonly isAtWork: boolean;
  crash(error: unknown): void;
  readonly journal: Journal;
  readonly mailbox: Answers;
  readonly services: Pick<Owner, 'clock' | 'limits'>;
  readonly lifetimes: {
    /** Waits for a release, within `closeTimeoutMs` or a deadline of the resource's own. */
    readonly wait: WaitWithin;
  };
  /** Prepares a server before it is connected. @returns what to connect the server to */
  attune(server: object, transport: SdkTransport): Awaitable<SdkTransport>;
  /** The server has answered `initialize`, which was replayed to it. */
  greeted(result: Readonly<Record<string, unknown>>): void;
  /** Something that work of the session waits for is gone. */
  lost(error: unknown): void;
}

/** Servers that have had their one connection. Weak, so the set keeps no server alive. */
const used = new WeakSet<object>();

/**
 * One incarnation of a session: its SDK server, the transport between the two, and what they own.
 * The only place where a server is connected, and the teardown list of the incarnation.
 */
export class Connection implements Answers, SessionContext {
  readonly transport: ServerTransport;
  /** What the incarnation owns; made with its first resource. */
  #scope: Scope | null = null;
  #server: SessionServer | null = null;
  #abort: AbortController | null = null;
  #isReleased = false;
  #released: Promise<void> | null = null;
  #replaying: Map<RequestId, (response: ResponseMessage) => void> | null = null;

  #asking: OwnQuestions | null = null;
  readonly #owner: ConnectionOwner;
  readonly #voice: ServerVoice;

  constructor(owner: ConnectionOwner, voice: ServerVoice) {
    this.#owner = owner;
    this.#voice = voice;
    this.transport = new ServerTransport(owner.id, this, voice);
  }

  // What user code of this incarnation reaches (`SessionContext`).

  get session(): SessionContext['session'] {
    return this.#owner.session;
  }

  get world(): object {
    return this.#owner.world;
  }

  get locals(): SessionContext['locals'] {
    return this.#owner.locals;
  }

  run<R>(callback: () => R): R {
    return runInSession(this, callback);
  }

  stateChanged(): void {
    if (!this.#isReleased) this.#owner.stateChanged();
  }

  ask(method: string, params: Readonly<Record<string, unknown>> | undefined) {
    this.#asking ??= new OwnQuestions((request) => this.#voice.ask(request, undefined));
    return this.#asking.ask(method, params);
  }

  stray(error: unknown, isDefect: boolean): void {
    const { isAtWork, journal } = this.#owner;
    if (isDefect) journal.escaped(error, 'defect');
    // A pool that this session was the first to use may work for another session by now.
    else if (!this.#isReleased && !isAtWork) journal.escaped(error, 'idle');
    else this.crash(error);
  }

  /** Reports an error of this incarnation; once released, it crashes no successor (law 9). */
  crash(error: unknown, what: 'handler' | 'resource' = 'handler'): void {
    if (this.#isReleased) this.#owner.journal.orphan(what, error);
    else this.#owner.crash(error);
  }

  /** Takes an answer of the server: one to a replayed message stops here. */
  settle(response: ResponseMessage): void {
    const replayed = this.#replaying?.get(response.id);
    if (replayed === undefined) this.#owner.mailbox.settle(response);
    else replayed(response);
  }

  /**
   * Connects the server that the factory made.
   *
   * @throws ActorsError `bad-server`, `server-reused`; whatever the server's `connect` throws
   */
  async connect(server: SessionServer): Promise<void> {
    check(server);
    // The connection was released while the factory ran: the late server is closed, not connected.
    if (this.#isReleased) return server.close();
    this.#server = server;
    const attuned = this.#owner.attune(server, this.transport);
    const transport = isPromise(attuned) ? await attuned : attuned;
    if (this.#isReleased) return;
    // Another transport than ours is for a server of the SDK, which takes any.
    await server.connect(transport as ServerTransport);
  }

  deliver(message: Message, delivery: Extra | undefined): void {
    if (this.#asking?.takes(message) === true) return;
    this.transport.deliver(message, delivery);
  }

  /**
   * Tells a fresh server what the client told the server before; the answers go to nobody. Resolves
   * early where the connection is released meanwhile.
   *
   * @throws ActorsError `bad-server` when the server refuses the handshake
   */
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
      if (this.#isReleased) return;
      if (message.method === 'initialize') this.#owner.greeted(response.result ?? {});
    }
    this.#replaying = null;
  }

  /** Aborts when this incarnation is released. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isReleased) this.#abort.abort();
    return this.#abort.signal;
  }

  /**
   * @param onOver told when the resource can no longer be used
   * @throws ActorsError `bad-option`, `not-disposable`, `session-over`, `too-many-resources`
   */
  own(resource: Owned, options: OwnOptions, onOver?: () => void): Resource {
    const { journal, services } = this.#owner;
    const { clock, limits } = services;
    this.#scope ??= new Scope();
    if (this.#scope.size >= limits.maxResources) journal.tripped('maxResources');
    const crash = (error: unknown): void => this.crash(error, 'resource');
    const lost = (error: unknown): void => {
      if (!this.#isReleased) this.#owner.lost(error);
    };
    return this.#scope.own(resource, options, { clock, limits, crash, lost }, onOver);
  }

  /** Releases one resource of the incarnation, before the others. Never rejects. */
  async free(owned: Resource): Promise<void> {
    await this.#scope?.free(owned, this.#owner.lifetimes.wait, (error) => this.#orphan(error));
  }

  /** Releases a resource that the incarnation can not own. @throws ActorsError `not-disposable` */
  async discard(resource: Owned, options: OwnOptions): Promise<void> {
    const { lifetimes, services } = this.#owner;
    const { clock, limits } = services;
    const crash = (error: unknown): void => this.#orphan(error);
    const scope = new Scope();
    scope.own(resource, options, { clock, limits, crash, lost: () => {} });
    await scope.close(lifetimes.wait, crash);
  }

  #orphan(error: unknown): void {
    this.#owner.journal.orphan('resource', error);
  }

  get owned(): number {
    return this.#scope?.size ?? 0;
  }

  /** Something that the incarnation owns keeps the session awake. */
  get keepsAwake(): boolean {
    return this.#scope?.keepsAwake ?? false;
  }

  /**
   * Runs the teardown list, in order: transport (handlers are aborted, nothing the server says from
   * here on goes out), signal, server, resources last in first out. The list runs once, however
   * many callers there are; a step that fails stops no other.
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
    this.#asking?.end();
    // Nobody answers the replay any more: whoever waits for its end hears of the release.
    for (const [id, told] of this.#replaying ?? []) told({ jsonrpc: '2.0', id, result: {} });
    try {
      if (server !== null) await wait(() => server.close(), undefined);
    } catch (error) {
      onOrphan('server')(error);
    }
    // A closed scope, so that the incarnation owns nothing from here on.
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
