import type { IncomingMessage, ServerResponse } from 'node:http';
import { FetchPort } from '../http/fetchPort.ts';
import { NodePort } from '../adapters/nodePort.ts';
import type { RuntimeEventName, RuntimeEvents } from '../events/events.ts';
import type { RuntimeStats } from '../events/counters.ts';
import { type DrainReport, Supervisor } from '../actor/supervisor.ts';
import { header } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import { type HostOptions, settleHost } from './hostOptions.ts';
import type { HostScope } from './hostScope.ts';
import { HostServices } from './hostServices.ts';
import { Reception } from './reception.ts';
import { headOf, type HostRequest } from './request.ts';
import type { ScopeActor } from './scopeActor.ts';
import { ScopeRefused } from './scopeRefused.ts';

/** What your application has already found out about a request. */
export interface CallerInfo {
  /** Who calls; asked of the `principal` option where it is left out. */
  readonly principal?: string | undefined;
}

/** A scope, and what its browser must be told to come back to it. */
export interface Entered<R> {
  readonly scope: HostScope<R>;
  /** It was made for this request. */
  readonly isNew: boolean;
  /** Headers for your response: `Set-Cookie` where there is a cookie to set. */
  readonly headers: [string, string][];
  /**
   * What the scope's header would carry, for a client that has no cookies. A secret: it opens the
   * scope for its principal. `undefined` where `scopeOf` names it.
   */
  readonly token: string | undefined;
}

/** The actors around your application's own MCP clients: one scope per user of it. */
export interface Host<R> {
  /**
   * The scope a request belongs to: by `scopeOf`, else by header, then cookie, else a new one.
   *
   * @throws ScopeRefused with the response to give: foreign host or origin (403), an id in the
   * header that is not the caller's (404), no room (503)
   */
  enter(request: HostRequest, known?: CallerInfo): Promise<Entered<R>>;
  /**
   * The same, of scopes there are: makes none.
   *
   * @throws ScopeRefused as `enter`; 404 where there is none
   */
  find(request: HostRequest, known?: CallerInfo): Promise<HostScope<R>>;
  /**
   * An event stream of the request's own scope and no other, refusals included. Resumes after
   * `Last-Event-ID`. Sends no CORS headers.
   */
  events(request: Request, known?: CallerInfo): Promise<Response>;
  /** The same on node's http, and on express. */
  nodeEvents(request: IncomingMessage, response: ServerResponse, known?: CallerInfo): Promise<void>;
  /** Listens to what happens; a scope is a `session` here. A listener that throws disturbs nobody. */
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
  /** Counts, now and since the beginning; a scope is a session here. */
  stats(): RuntimeStats;
  /** New scopes are made: `false` while draining and after `close`. */
  readonly isReady: boolean;
  /** Refuses new scopes, lets work in flight finish, ends every scope. */
  drain(options: { readonly deadlineMs: number }): Promise<DrainReport>;
  /** Ends everything now. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Keeps one actor per user, tenant or browser session of your application.
 *
 * @throws ActorsError `bad-option`
 */
export function createHost<R>(options: HostOptions<R>): Host<R> {
  const settings = settleHost(options);
  const supervisor = new Supervisor<ScopeActor>(settings.runtime);
  const { services } = supervisor;
  const shared = new HostServices(settings.limits, options.open, services.deadlines);
  const reception = new Reception(supervisor, shared, settings, options);
  const scopeOf = ({ scope }: ScopeActor): HostScope<R> => scope as HostScope<R>;

  /** Opens the stream on a port that is made in the same turn: nobody has left meanwhile. */
  const stream = async (
    request: HostRequest,
    known: CallerInfo | undefined,
    portOf: () => ResponsePort | undefined,
  ): Promise<void> => {
    const { feed, inbox, tripped } = await reception.find(request, known);
    if (feed.streams >= settings.limits.maxStreams) {
      tripped('maxStreams');
      throw reception.refused('at-capacity');
    }
    const port = portOf();
    if (port === undefined) return;
    const last = header(headOf(request), 'last-event-id');
    feed.stream(port, last, () => ['questions', inbox.questions]);
  };

  const events = async (request: Request, known?: CallerInfo): Promise<Response> => {
    const { signal } = request;
    let port: FetchPort | undefined;
    try {
      await stream(request, known, () => {
        return signal.aborted ? undefined : (port = new FetchPort(signal, []));
      });
    } catch (error) {
      if (error instanceof ScopeRefused) return error.toResponse();
      throw error;
    }
    return port?.response ?? new Response(null, { status: 499 });
  };

  const nodeEvents = async (
    request: IncomingMessage,
    response: ServerResponse,
    known?: CallerInfo,
  ): Promise<void> => {
    const port = new NodePort(response, []);
    try {
      await stream(request, known, () => (port.gone ? undefined : port));
    } catch (error) {
      if (!(error instanceof ScopeRefused)) throw error;
      const headers = ['Content-Type', 'application/json', ...error.headers.flat()];
      port.send(error.status, headers, JSON.stringify(error.body));
    }
  };

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= supervisor.close());
  return {
    async enter(request, known) {
      const { actor, ...entered } = await reception.enter(request, known);
      return { scope: scopeOf(actor), ...entered };
    },
    find: async (request, known) => scopeOf(await reception.find(request, known)),
    events,
    nodeEvents,
    on: (name, listener) => services.events.on(name, listener),
    stats: () => ({ ...services.counters.copy(), inFlight: supervisor.inFlight }),
    get isReady() {
      return supervisor.isAdmitting;
    },
    drain: ({ deadlineMs }) => supervisor.drain(deadlineMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}
