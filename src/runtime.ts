import type { EndReason } from '../machines/session.ts';
import { type DrainReport, Supervisor } from './actor/supervisor.ts';
import type { Limits } from './base/limits.ts';
import { type ClusterHost, isSharedPart, NOBODY, type PartResidents } from './directory/cluster.ts';
import { Directory } from './directory/directory.ts';
import { Operator } from './directory/operator.ts';
import { ALONE, type NodeView, type OwnedStore } from './directory/ownership.ts';
import { pageOf } from './directory/page.ts';
import type { SessionPage, SessionQuery } from './directory/view.ts';
import { count, type RuntimeStats } from './events/counters.ts';
import type { DeadLetter, RuntimeEventName, RuntimeEvents } from './events/events.ts';
import { reportTroubles } from './events/reports.ts';
import { Services } from './events/services.ts';
import { Endpoint } from './http/endpoint.ts';
import { setEndpoint } from './http/endpointOf.ts';
import { type FetchContext, handleFetch } from './http/fetch.ts';
import { HttpOutlets } from './http/httpOutlets.ts';
import { Screen } from './http/screen.ts';
import { SessionLeg } from './http/sessionLeg.ts';
import type { ActorView } from './machine/actorView.ts';
import type { MachineOf } from './machine/options.ts';
import { Registry } from './machine/registry.ts';
import { HandlePresence } from './handles/handlePresence.ts';
import { Handles, setHandles } from './handles/handles.ts';
import type { HandleView } from './handles/view.ts';
import type { CallView } from './modern/callView.ts';
import { Modern } from './modern/modern.ts';
import { ModernLeg } from './modern/modernLeg.ts';
import { type RuntimeOptions, settle, type Settings, type StateOf } from './options.ts';
import type { StoredOutlets } from './session/exchange.ts';
import { engineSought } from './session/schemaEngine.ts';
import { checkRuntimeNames } from './runtimeNames.ts';
import type { Session } from './session/session.ts';
import type { SessionActor } from './session/sessionActor.ts';
import { Keeper } from './store/keeper.ts';
import type { StorePart } from './store/store.ts';

/** A running set of sessions, and the ways into it. */
export interface Runtime<T = unknown, M = unknown> {
  /** Serves a web-standard request. Detachable: `app.all('/mcp', (c) => fetch(c.req.raw))`. */
  readonly fetch: (request: Request, context?: FetchContext) => Promise<Response>;
  /**
   * Listens to an event; returns how to stop. A listener that throws disturbs no session.
   *
   * @throws ActorsError `bad-option` for a name that is no event's
   */
  readonly on: <N extends RuntimeEventName>(
    name: N,
    listener: (event: RuntimeEvents[N]) => void,
  ) => () => void;
  /** Counts of sessions, messages and refusals: now, and since the beginning. */
  readonly stats: () => RuntimeStats;
  /** The limits in force, defaults filled in. */
  readonly limits: Readonly<Limits>;
  /** The time of the runtime's clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The sessions in this process: all but those asleep. */
  readonly residents: () => Session<T, M>[];
  /**
   * The processes of the cluster that live; none where there is no cluster.
   *
   * @throws ActorsError `store-unavailable`
   */
  readonly nodes: () => Promise<readonly NodeView[]>;
  /** Lists a page of all sessions, those asleep as well. */
  readonly list: (query?: SessionQuery) => Promise<SessionPage>;
  /**
   * Ends a session, awake or asleep, in whichever process of a cluster.
   *
   * @param id the wire id, as in `SessionView`
   * @returns resolves when the session is gone and its store has forgotten it; `false`: there is
   * none
   * @throws whatever a durable store failed with; ActorsError `store-unavailable` where the process
   * that has the session does not answer
   */
  readonly evict: (id: string, reason?: EndReason) => Promise<boolean>;
  /**
   * Ends every session of a principal. None to be ended is announced as `revocation.missed`.
   *
   * @param principal as `session.principal` has it, or as lists and events show it
   * @returns how many sessions were ended
   * @throws whatever a durable store failed with
   */
  readonly evictPrincipal: (principal: string, reason?: EndReason) => Promise<number>;
  /**
   * Wakes a session that sleeps, in whichever process of a cluster.
   *
   * @returns the session; `undefined` where there is no such session, no place for it, or its
   * server is refused, and where the session is awake in another process
   */
  readonly wake: (id: string) => Promise<Session<T, M> | undefined>;
  /**
   * The calls of the stateless revision that have outlived the response which brought them: parked,
   * or tasks. Names and times, never arguments.
   */
  readonly calls: () => CallView[];
  /**
   * The actors in one session of this process, those below them as well: none where the session
   * sleeps. @param key as lists and events have it
   */
  readonly actors: (key: string) => ActorView[];
  /** The handles in this process, of one kind or of all: all but those asleep. */
  readonly handles: (kind?: string) => HandleView[];
  /**
   * Tells clients that a list or a resource has changed: those that listen without a session, and
   * the sessions in this process.
   *
   * @param method without `notifications/`
   * @param about `uri` of the resource; `principal` where the change is that principal's alone
   */
  readonly notify: (
    method:
      | 'tools/list_changed'
      | 'prompts/list_changed'
      | 'resources/list_changed'
      | 'resources/updated',
    about?: { readonly uri?: string; readonly principal?: string },
  ) => void;
  /** The last messages that could not be delivered, oldest first. */
  readonly deadLetters: () => DeadLetter[];
  /** New sessions are admitted: `false` while draining and after `close`. */
  readonly isReady: boolean;
  /** The cap on sessions is reached: a new session replaces an idle one, or is refused. */
  readonly isFull: boolean;
  /**
   * Refuses new sessions, lets work in flight finish, ends every session. Requests not answered at
   * the deadline get an error.
   */
  readonly drain: (options: { readonly deadlineMs: number }) => Promise<DrainReport>;
  /** Ends every session now. */
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs a stateful MCP server: an actor for each session, with a server and a state of its own.
 *
 * @throws ActorsError `bad-option`
 */
export function createRuntime<T = undefined, M = unknown>(
  options: RuntimeOptions<T, M> & StateOf<T> & MachineOf<T, M>,
): Runtime<T, M> {
  checkRuntimeNames(options);
  const settings = settle(options as unknown as RuntimeOptions) as Settings<unknown>;
  // Begun early, so that no first session waits for it; it never rejects.
  void engineSought();
  const services = new Services(settings);
  if (settings.report) reportTroubles(services.events);
  const keeper = new Keeper(settings.store, services);
  const supervisor = new Supervisor<SessionActor>(services, settings);
  const outlets = new HttpOutlets(services, settings);
  const { cluster, createId, node, secrets, store, tasks } = settings;
  const partOf = (name: StorePart): OwnedStore | undefined => {
    if (cluster !== undefined) return isSharedPart(name) ? cluster.part(name) : undefined;
    const part = store.isDurable ? store.part?.(name) : undefined;
    return part && { store: part, ownership: ALONE };
  };
  const modern =
    settings.modern && new Modern(settings.modern, outlets, { node, partOf, secrets, tasks });
  const outletsOf = (home: string | undefined): StoredOutlets<SessionActor> =>
    home === undefined || modern === null ? outlets : modern.homes.outletsOf(home);
  const actors = new Registry<SessionActor>(settings.machine);
  const directory = new Directory(supervisor, {
    settings,
    keeper,
    ownership: cluster?.ownership ?? ALONE,
    actors,
    outletsOf,
  });
  if (modern !== null) modern.directory = directory;
  const { world } = directory;
  const handles = new Handles({ world, services, createId, node, partOf });
  setHandles(world, handles);
  const endpoint = new Endpoint(directory, {
    screen: new Screen({ ...settings, maxBodyBytes: services.limits.maxBodyBytes }),
    principal: settings.principal,
    timers: outlets.timers,
    unread: outlets.unread,
    legs: (host) => [
      ...(modern === null ? [] : [new ModernLeg(host, modern)]),
      new SessionLeg(host, directory, outlets),
    ],
  });
  const operator = new Operator(directory);
  const parts = {
    tasks: modern?.tasks?.presence ?? NOBODY,
    handles: new HandlePresence(() => handles.in('handles')),
    principals: new HandlePresence(() => handles.in('principals')),
  };
  cluster?.open(clusterHost(directory, endpoint, operator, parts));
  if (settings.loopMonitor !== undefined) services.loop.watch(settings.loopMonitor);
  let closed: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // Sessions first, for their calls use handles; the store last, for both are kept there.
    try {
      await supervisor.close();
      await handles.close();
      await modern?.close();
    } finally {
      await directory.close();
      await cluster?.leave();
    }
  };
  const close = (): Promise<void> =>
    (closed ??= end().finally(() => {
      outlets.unread.close();
      services.loop.stop();
    }));
  const runtime: Runtime<T, M> = {
    fetch: (request, context) => handleFetch(endpoint, request, context),
    on: (name, listener) => services.events.on(name, listener),
    stats: () => ({
      ...services.counters.copy(),
      inFlight: supervisor.inFlight,
      cluster: cluster?.stats(),
      handles: handles.stats(),
    }),
    limits: services.limits,
    now: () => services.clock.now(),
    residents: () =>
      Array.from(directory.residents(), (each) => each.session as unknown as Session<T, M>),
    nodes: async () => (await cluster?.ownership.members?.nodes()) ?? [],
    list: (query = {}) => pageOf(directory, query),
    evict: (id, reason = 'revoked') => operator.evict(id, reason),
    evictPrincipal: (principal, reason = 'revoked') => operator.evictPrincipal(principal, reason),
    wake: async (id) => (await operator.wake(id)) as Session<T, M> | undefined,
    calls: () => modern?.views() ?? [],
    actors(key) {
      const session = [...directory.residents()].find((each) => each.key === key);
      return session === undefined ? [] : [...(actors.of(session)?.views() ?? [])];
    },
    handles: (kind) => handles.views(kind),
    notify(method, { uri, principal } = {}) {
      const params = uri === undefined ? undefined : { uri };
      const name = `notifications/${method}`;
      modern?.listens.notify(name, params, principal);
      world.lists?.changed(name, principal);
      for (const actor of directory.residents()) {
        const { handshake, home, isAsleep, principal: own, session } = actor;
        if (home !== undefined || isAsleep) continue;
        if (principal !== undefined && own !== principal) continue;
        if (uri === undefined || handshake.follows(uri)) session.notify(name, params);
      }
    },
    deadLetters: () => services.deadLetters.toArray(),
    get isReady() {
      return supervisor.isAdmitting && cluster?.ownership.isLive !== false;
    },
    get isFull() {
      return supervisor.isFull;
    },
    async drain({ deadlineMs }) {
      const began = services.clock.now();
      cluster?.retire();
      const report = await directory.drain(deadlineMs);
      const leftMs = (): number => Math.max(began + deadlineMs - services.clock.now(), 0);
      await handles.drain(leftMs());
      await cluster?.answered(leftMs());
      return report;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  setEndpoint(runtime, endpoint);
  return runtime;
}

/** What a cluster needs of its runtime. */
function clusterHost(
  directory: Directory,
  endpoint: Endpoint,
  operator: Operator,
  parts: PartResidents,
): ClusterHost {
  const { presence, services, supervisor } = directory;
  return {
    services,
    bodyLimits: services.limits,
    get isAdmitting() {
      return supervisor.isAdmitting;
    },
    get hasRoom() {
      return !supervisor.isFull;
    },
    layDown: (id) => presence.layDown(id),
    of: (part) => parts[part],
    isServing: (id) => presence.isServing(id),
    isSettling: (id) => presence.isSettling(id),
    isInUse: (id) => presence.isInUse(id),
    isCalm: (id) => presence.isCalm(id),
    settled: (id) => presence.settled(id),
    recall: (id) => presence.recall(id),
    lose: (claim) => presence.lose(claim),
    restow: (claim) => presence.restow(claim),
    serve: (request, port) => endpoint.resume(request, port),
    again: (request, port) => endpoint.resume(request, port),
    act: (id, verb) => operator.act(id, verb),
    views: (ids) => presence.views(ids),
    refused: (code) => count(services.counters.refusals, code),
  };
}
