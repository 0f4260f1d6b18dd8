import { timerFor, within } from '../base/within.ts';
import type { Directory } from '../directory/directory.ts';
import type { OwnedStore } from '../directory/ownership.ts';
import type { Services } from '../events/services.ts';
import type { HttpOutlets } from '../http/httpOutlets.ts';
import type { ResponseMode } from '../http/httpExchange.ts';
import type { StreamTimers } from '../http/streamTimers.ts';
import type { UnreadBudget } from '../http/unreadBudget.ts';
import { late } from '../store/reads.ts';
import type { SessionStore, StorePart } from '../store/store.ts';
import type { ResponseMessage } from '../wire/jsonrpc.ts';
import { SessionArgument } from './argument.ts';
import type { ModernCall } from './call.ts';
import type { CallShare } from './callShare.ts';
import { Calls } from './calls.ts';
import { type CallView, callViewOf } from './callView.ts';
import type { Home } from './home.ts';
import { Homes, type HomesShare } from './homes.ts';
import { keptSecret } from './keptSecret.ts';
import { KnownServers } from './knownServers.ts';
import { Listens, type ListensShare } from './listens.ts';
import type { ModernSettings } from './options.ts';
import { Seal } from './seal.ts';
import type { TaskSettings } from './taskOptions.ts';
import { Tasks } from './tasks.ts';

/** What the stateless revision is made with, beside its own options. */
export interface ModernParts {
  /** This process in tokens and ids, where it has a name. */
  readonly node: string | undefined;
  /** Seal what travels through clients; none: one of this process alone. */
  readonly secrets: readonly string[];
  /** When calls become tasks; `null`: never. */
  readonly tasks: TaskSettings | null;
  /** The parts of a durable store, where the store has any. */
  readonly partOf: (name: StorePart) => OwnedStore | undefined;
}

/** Everything of the stateless revision in one runtime. */
export class Modern implements CallShare<ModernCall>, HomesShare, ListensShare {
  readonly settings: ModernSettings;
  readonly services: Services;
  readonly timers: StreamTimers;
  readonly unread: UnreadBudget;
  readonly responseMode: ResponseMode;
  readonly homes: Homes;
  readonly calls: Calls<ModernCall>;
  readonly listens: Listens;
  readonly known: KnownServers;
  readonly tasks: Tasks<ModernCall> | null;
  readonly #argument: SessionArgument;
  readonly #node: string | undefined;
  #directory: Directory | undefined;
  #ids = 0;
  #opening: Promise<void> | null;

  constructor(
    settings: ModernSettings,
    { services, timers, unread, responseMode }: HttpOutlets,
    { node, partOf, secrets, tasks }: ModernParts,
  ) {
    this.settings = settings;
    this.services = services;
    this.timers = timers;
    this.unread = unread;
    this.responseMode = responseMode;
    this.homes = new Homes(this);
    this.#node = node;
    const member = (): string | undefined => this.#directory?.members?.process;
    this.calls = new Calls(settings, services, Seal.of(secrets, node), member);
    this.listens = new Listens(this);
    this.known = new KnownServers(this);
    this.tasks = tasks === null ? null : new Tasks(tasks, this, { node, part: partOf('tasks') });
    const part = secrets.length === 0 ? partOf('secrets')?.store : undefined;
    this.#opening = part === undefined ? null : this.#open(part);
    this.#argument = new SessionArgument(settings.argument, services.limits.evictAfterMs);
  }

  /** What requests wait for: the secret that a durable store keeps. `null` once it is there. */
  get opening(): Promise<void> | null {
    return this.#opening;
  }

  close(): Promise<void> {
    this.calls.close();
    return this.tasks?.close() ?? Promise.resolve();
  }

  /** Where homes are; the directory needs the outlets of homes before. */
  set directory(directory: Directory) {
    this.#directory = directory;
  }

  get directory(): Directory {
    return this.#directory!;
  }

  /** A client of both eras that asks is told to open a session. */
  get prefersSessions(): boolean {
    const { only, prefer } = this.settings;
    return !only && prefer === 'sessions';
  }

  /** The calls that have outlived the response which brought them. */
  views(): CallView[] {
    const { principalKey } = this.services;
    const parked = Array.from(this.calls.values(), (call) =>
      callViewOf(call, principalKey, this.calls.deadlineOf(call)),
    );
    return [...parked, ...(this.tasks?.views() ?? [])];
  }

  nextId(): number {
    return ++this.#ids;
  }

  nextTurn(callback: () => void): void {
    const { clock } = this.services;
    if (clock.setImmediate === undefined) clock.setTimeout(callback, 0);
    else clock.setImmediate(callback);
  }

  /** How the tool calls of a principal name their session; `undefined`: they do not. */
  argumentOf(principal: string | undefined): SessionArgument | undefined {
    const { anonymous, scope } = this.settings;
    const isArgued =
      scope === 'auto' ? principal === undefined && anonymous === 'argument' : scope === 'argument';
    return isArgued ? (this.known.argument(principal) ?? this.#argument) : undefined;
  }

  finished(call: ModernCall, response: ResponseMessage): ResponseMessage {
    const { home, method, principal } = call;
    if (response.result?.['resultType'] === 'input_required') return this.#wrapped(call, response);
    const argument = home.scope === 'argument' ? this.argumentOf(principal) : undefined;
    if (argument === undefined) return response;
    if (method === 'tools/list') return argument.added(response);
    const isKept = method === 'tools/call' && home.isFleeting && home.session.isTouched;
    if (!isKept || response.result === undefined) return response;
    home.isFleeting = false;
    return argument.announced(response, home.session.id);
  }

  greeted({ said, session }: Home): void {
    if (said !== undefined) this.known.greeted(session.principal, said);
  }

  listsChanged(principal: string | undefined): void {
    this.known.forget(principal);
  }

  forgotten({ session }: Home): void {
    const { key, incarnations, openLocals, principal } = session;
    const what =
      incarnations.current.owned > 0
        ? 'resources'
        : (openLocals?.size ?? 0) > 0
          ? 'locals'
          : 'state';
    this.services.counters.modern.forgotten++;
    const { events, principalKey } = this.services;
    events.emit('session.forgotten', { session: key, principal: principalKey(principal), what });
  }

  /** A store that fails leaves the secret of this process alone, which no other process knows. */
  async #open(part: SessionStore): Promise<void> {
    const { clock, events, limits } = this.services;
    try {
      const kept = keptSecret(part, clock.now());
      const secret = await within(kept, timerFor(clock, limits.storeTimeoutMs), late);
      this.calls.sealWith(Seal.of([secret], this.#node));
    } catch (error) {
      events.emit('store.failed', { session: undefined, doing: 'open', error });
    } finally {
      this.#opening = null;
    }
  }

  /** The token of an author's own becomes one of ours: bound to its caller, its call and a time. */
  #wrapped(call: ModernCall, response: ResponseMessage): ResponseMessage {
    const state = response.result?.['requestState'];
    if (typeof state !== 'string') return response;
    return {
      ...response,
      result: { ...response.result, requestState: this.calls.wrap(call, state) },
    };
  }
}
