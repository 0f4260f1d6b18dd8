import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import type { RuntimeEventName, RuntimeEvents } from '../../events/events.ts';
import { randomId } from '../../base/ids.ts';
import type { SessionPage, SessionQuery } from '../../directory/view.ts';
import type { ActorView } from '../../machine/actorView.ts';
import type { HandleView } from '../../handles/view.ts';
import { attach } from './attach.ts';
import { Audience } from './audience.ts';
import { Cast } from './cast.ts';
import { connectTo, type StatelyLink } from './link.ts';
import type { StatelyPacket } from './packets.ts';
import { type ServeStatelyOptions, serveViewers, type StatelyServer } from './server.ts';

/** A source that can be watched: a runtime, or a host of scopes. */
export interface Watchable {
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
  list?(query?: SessionQuery): Promise<SessionPage>;
  handles?(): readonly HandleView[];
  actors?(key: string): readonly ActorView[];
  readonly isReady?: boolean;
}

export interface StatelyOptions {
  /** Shows methods and sizes of messages, and dead letters, as events. @default false */
  readonly messages?: boolean;
  /** Sessions and handles shown: those that moved last. At least 1. @default 1000 */
  readonly maxActors?: number;
  /** Viewers of all kinds at once. At least 1. @default 8 */
  readonly maxViewers?: number;
  /** Bytes a viewer may leave unread; packets beyond are dropped and counted. @default 1 MiB */
  readonly maxViewerBytes?: number;
  /** How long a viewer may stay over `maxViewerBytes` before it is cut. @default 30 s */
  readonly stallMs?: number;
  /** Clock of the packets and timeouts. @default the host's */
  readonly clock?: Clock;
}

/** What {@link StatelyOptions} knows. */
const STATELY_NAMES: NamesOf<StatelyOptions> = {
  messages: true,
  maxActors: true,
  maxViewers: true,
  maxViewerBytes: true,
  stallMs: true,
  clock: true,
};

export interface StatelyStats {
  /** Actors shown: the supervisor, the sessions and the handles. */
  readonly actors: number;
  /** Sessions and handles no longer shown, because `maxActors` others moved later. */
  readonly forgotten: number;
  readonly viewers: number;
  readonly sent: number;
  /** Packets that viewers did not take in time, or that came before a viewer knew their actor. */
  readonly dropped: number;
  /** Viewers that stalled, or whose function threw. */
  readonly cut: number;
}

/** Shows a runtime to Stately's inspectors. */
export interface StatelyBridge {
  /**
   * Serves, on loopback, a page with the hosted inspector in it, and WebSockets for receivers of
   * `@statelyai/inspect`. Both need the token in their URL.
   *
   * @throws ActorsError `bad-option`; `not-admitted` once the bridge is closed
   * @throws errors of `listen`: `EADDRINUSE`, `EACCES`
   */
  serve(options?: ServeStatelyOptions): Promise<StatelyServer>;
  /**
   * Sends to a WebSocket server, such as the relay of `@statelyai/inspect/server`; a lost
   * connection is made again.
   *
   * @throws ActorsError `bad-option` for a URL that is not `ws:` or `wss:`; `not-admitted` once the
   * bridge is closed
   */
  connect(url: string): StatelyLink;
  /**
   * Hands every packet to a function; a function that throws is not called again. @returns how to
   * stop
   *
   * @throws ActorsError `not-admitted` where `maxViewers` watch, or once the bridge is closed
   */
  attach(send: (packet: StatelyPacket) => void): () => void;
  stats(): StatelyStats;
  /** Lets all viewers go and stops listening to the runtime. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Sessions in one page of the list that the bridge asks for. */
const PAGE = 1000;

/**
 * Shows the sessions of a runtime to Stately's inspectors: the supervisor as the root actor, each
 * session and each handle as a child of it, and the actors of a session as children of that session. A viewer that throws, stalls or leaves changes nothing
 * for any session.
 *
 * @throws ActorsError `bad-option`
 */
export function createStatelyBridge(
  source: Watchable,
  options: StatelyOptions = {},
): StatelyBridge {
  checkNames('createStatelyBridge', options, STATELY_NAMES);
  const { clock = systemClock, messages = false } = options;
  const maxActors = atLeastOne('maxActors', options.maxActors ?? 1000);
  const limits = {
    maxViewers: atLeastOne('maxViewers', options.maxViewers ?? 8),
    maxBytes: atLeastOne('maxViewerBytes', options.maxViewerBytes ?? 1024 * 1024),
    stallMs: atLeastOne('stallMs', options.stallMs ?? 30_000),
    maxDue: 2 * maxActors,
  };
  const root = `supervisor-${randomId().slice(0, 8)}`;
  const cast = new Cast(root, maxActors, clock.now(), source.isReady ?? true);
  const audience = new Audience(cast, limits, clock);
  const doors = new Set<{ close(): unknown }>();
  const stops = follow(source, cast, audience, messages);
  void introduce(source, cast, audience);
  let closed: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    for (const stop of stops) stop();
    await Promise.all(Array.from(doors, (door) => door.close()));
  };
  const close = (): Promise<void> => (closed ??= end());
  const admit = (): void => {
    if (closed !== undefined) throw new ActorsError('not-admitted', 'the bridge is closed');
  };
  const open = <D extends { close(): unknown }>(door: D): D => {
    doors.add(door);
    return door;
  };
  return {
    async serve(how) {
      admit();
      const server = open(await serveViewers(audience, how));
      // The bridge was closed while this server began to listen.
      if (closed !== undefined) await server.close();
      admit();
      return server;
    },
    connect(url) {
      admit();
      return open(connectTo(audience, url));
    },
    attach(send) {
      admit();
      const door = open({ close: attach(audience, send) });
      return () => {
        doors.delete(door);
        door.close();
      };
    },
    stats() {
      const { size: actors, forgotten } = cast;
      return { actors, forgotten, viewers: audience.size, ...audience.totals };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Tells the audience what happens in the runtime. @returns how to stop */
function follow(
  source: Watchable,
  cast: Cast,
  audience: Audience,
  messages: boolean,
): (() => void)[] {
  const end = (ended: RuntimeEvents['session.ended']): void => {
    const last = cast.ended(ended);
    const event = { type: 'session.ended', reason: ended.reason };
    if (last !== undefined) audience.tell(last, audience.clock.now(), event, true);
  };
  const stops = [
    source.on('session.transition', (step) => {
      audience.tell(cast.moved(step), step.at, step.event, true);
    }),
    source.on('supervisor.transition', ({ at, event, to }) => {
      cast.superviseTo(to);
      audience.tell(cast.root, at, { type: event }, true);
    }),
    source.on('session.ended', end),
    source.on('handle.transition', ({ kind, handle, ...step }) => {
      audience.tell(cast.moved({ ...step, session: handle }, kind), step.at, step.event, true);
    }),
    source.on('handle.ended', ({ handle, ...how }) => end({ ...how, session: handle })),
    source.on('actor.transition', (step) => {
      const player = cast.acted(step, step.machine());
      if (player !== undefined) audience.tell(player, step.at, { type: step.event }, true);
    }),
    // The machine has said so already: only one that is awake leaves in a drain.
    source.on('session.kept', ({ session }) => cast.left(session)),
    source.on('session.moved', ({ session }) => cast.left(session)),
    source.on('handle.kept', ({ handle }) => cast.left(handle)),
  ];
  if (!messages) return stops;
  return [
    ...stops,
    source.on('message', ({ at, session, direction, kind, method, bytes }) => {
      const player = cast.find(session);
      const event = { type: 'message', direction, kind, method, bytes };
      if (player !== undefined) audience.tell(player, at, event, false);
    }),
    source.on('deadletter', ({ at, session, direction, kind, method, reason }) => {
      const player = cast.find(session);
      const event = { type: 'deadletter', direction, kind, method, reason };
      if (player !== undefined) audience.tell(player, at, event, false);
    }),
  ];
}

/** Shows the handles and sessions there were before. What is not listed is shown when it moves. */
async function introduce(source: Watchable, cast: Cast, audience: Audience): Promise<void> {
  const handles = source.handles?.() ?? [];
  audience.meet(handles.flatMap((view) => cast.introduce(view, view.kind) ?? []));
  const ended = new Set<string>();
  const stops = [
    source.on('session.ended', ({ session }) => ended.add(session)),
    source.on('session.kept', ({ session }) => ended.add(session)),
    source.on('session.moved', ({ session }) => ended.add(session)),
  ];
  try {
    let after: string | undefined;
    do {
      const page = await source.list?.({ limit: PAGE, ...(after !== undefined && { after }) });
      // A session may end while its page is on its way.
      const live = (page?.sessions ?? []).filter(({ key }) => !ended.has(key));
      audience.meet(live.flatMap((view) => cast.introduce(view) ?? []));
      for (const { key } of live) {
        const views = source.actors?.(key) ?? [];
        audience.meet(views.flatMap((view) => cast.introduceActor(key, view) ?? []));
      }
      after = page?.next;
    } while (after !== undefined && !cast.isFull);
  } catch {
    // The store of sleeping sessions may fail; the runtime announces that as `store.failed`.
  } finally {
    for (const stop of stops) stop();
  }
}

/** @throws ActorsError `bad-option` */
function atLeastOne(name: string, value: number): number {
  if (value >= 1) return value;
  throw new ActorsError('bad-option', `${name} must be a number >= 1, got ${value}`);
}
