import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ActorsError } from '../base/errors.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';
import type { DrainReport } from '../actor/supervisor.ts';
import { routeOf } from '../wire/target.ts';
import { containedOf } from './containCrashes.ts';
import type { MountOptions } from './containMounted.ts';
import { continueWhenRead } from './continueWhenRead.ts';
import { drainOnSignals } from './drainOnSignals.ts';
import type { HealthPaths } from '../http/health.ts';
import { healthHandler } from './healthHandler.ts';
import { listen, notFound } from './listen.ts';
import { nodeHandler } from './nodeHandler.ts';
import { guardProcess } from './strayErrors.ts';

/** Where {@link serve} listens, and what it answers beside MCP. */
export interface ServeOptions extends MountOptions {
  /** Port to listen on; 0 takes a free port. @default 3000 */
  readonly port?: number;
  /** Address to listen on: loopback, unless another address is named. @default '127.0.0.1' */
  readonly host?: string;
  /** Path of MCP. @default '/mcp' */
  readonly path?: string;
  /**
   * Answers probes on `/healthz` and `/readyz`, or on the paths given. Every caller that reaches
   * the port can read the counts. @default false
   */
  readonly health?: boolean | HealthPaths;
  /**
   * How long a connection may be idle between two requests. Longer than the load balancer in front
   * keeps it (60 s by default at most of them), or a request meets a connection that just closed.
   * @default 75 s
   */
  readonly keepAliveTimeoutMs?: number;
  /** Answers requests for all other paths. @default 404 */
  readonly otherwise?: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * Whether SIGINT and SIGTERM end the process gently: the runtime drains for up to `deadlineMs`
   * (5 s), what sessions own is released, and then the process dies of that signal. A second signal
   * does not wait. `noticeMs` as in {@link NodeServer.close}. @default false
   */
  readonly signals?: boolean | { readonly deadlineMs: number; readonly noticeMs?: number };
  /**
   * After an exception that is not contained, and where the program does not listen to
   * `uncaughtException`: how long work in flight may go on before the process ends with exit code
   * 1. @default 10 s
   */
  readonly crashDeadlineMs?: number;
}

/** What {@link ServeOptions} knows. */
const SERVE_NAMES: NamesOf<ServeOptions> = {
  keepAliveTimeoutMs: true,
  port: true,
  host: true,
  path: true,
  health: true,
  otherwise: true,
  signals: true,
  crashDeadlineMs: true,
  contain: true,
};

/** An http server that serves one runtime and nothing else. */
export interface NodeServer {
  /** The address of MCP, with its path. */
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /**
   * Drains the runtime, with the port still open: probes of readiness get 503, new sessions are
   * refused. Then stops listening, and ends what is left.
   *
   * @param options `deadlineMs` defaults to 10 s. `noticeMs` is for how long the port stays open after
   * the drain, in milliseconds, until every balancer has noticed that the process is not ready: in a
   * cluster, what comes meanwhile is served by other processes. Defaults to 0.
   */
  readonly close: (options?: {
    readonly deadlineMs?: number;
    readonly noticeMs?: number;
  }) => Promise<DrainReport>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Longest wait for the head of a request, then for the whole request. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_MS = 5000;
const MAX_CONNECTIONS = 20_000;
/** How long connections may stay in use once the runtime is closed. */
const GRACE_MS = 500;
/** How long work in flight may take after a signal: `docker stop` kills ten seconds later. */
const SIGNAL_DEADLINE_MS = 5000;

/**
 * Serves a runtime on an http server with its own limits on sockets and heads.
 *
 * @throws ActorsError `bad-option`; whatever `listen` meets: `EADDRINUSE`, `EACCES`
 */
export async function serve(runtime: Runtime, options: ServeOptions = {}): Promise<NodeServer> {
  checkNames('serve', options, SERVE_NAMES);
  const { port = 3000, host = '127.0.0.1', path = '/mcp' } = options;
  const { contain = 'rejections', crashDeadlineMs = 10_000 } = options;
  const { otherwise = notFound, signals = false, keepAliveTimeoutMs = 75_000 } = options;
  const contained = contain === false ? undefined : containedOf(contain);
  const afterSignal = afterSignalOf(signals);
  for (const [name, ms] of Object.entries({ crashDeadlineMs, keepAliveTimeoutMs })) {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new ActorsError('bad-option', `${name} must be a number of ms >= 0`);
    }
  }
  const route = routeOf(path);
  const handler = nodeHandler(runtime, { contain: false });
  const beside = besideOf(runtime, options, path, otherwise);
  const listening = await listen(
    {
      port,
      host,
      maxConnections: MAX_CONNECTIONS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: CHECK_MS,
      maxHeaderSize: 16 * 1024,
    },
    (request, response) => {
      if (routeOf(request.url) === route) return handler(request, response);
      beside(request, response);
    },
  );
  const asked = continueWhenRead(handler);
  listening.server.on('checkContinue', (request, response) => {
    if (routeOf(request.url) === route) return asked(request, response);
    response.writeContinue();
    beside(request, response);
  });
  const endpoint = endpointOf(runtime);
  const close: NodeServer['close'] = async ({ deadlineMs = 10_000, noticeMs = 0 } = {}) => {
    // Whoever balances loads hears of it from the probe, and sends no more, before the port is shut.
    const drained = await runtime.drain({ deadlineMs });
    if (noticeMs > 0) await new Promise((resolve) => setTimeout(resolve, noticeMs));
    await listening.close(() => runtime.close(), GRACE_MS);
    stopGuarding();
    stopListening();
    return drained;
  };
  const stopListening =
    afterSignal === undefined
      ? (): void => {}
      : drainOnSignals({
          deadlineMs: afterSignal.deadlineMs + afterSignal.noticeMs,
          close: () => close(afterSignal),
        });
  const end = async (error: unknown, session: string | undefined): Promise<void> => {
    endpoint.services.escaped(error, 'uncaught', session);
    // Probes are still answered: the runtime is not ready.
    await runtime.drain({ deadlineMs: crashDeadlineMs });
    await close();
  };
  const stopGuarding =
    contained === undefined
      ? () => {}
      : guardProcess({ contain: contained, ending: { deadlineMs: crashDeadlineMs, end } });
  return {
    url: `${listening.origin}${path}`,
    port: listening.port,
    server: listening.server,
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

/** @throws ActorsError `bad-option` */
function afterSignalOf(
  signals: NonNullable<ServeOptions['signals']>,
): { readonly deadlineMs: number; readonly noticeMs: number } | undefined {
  if (signals === false) return undefined;
  if (signals === true) return { deadlineMs: SIGNAL_DEADLINE_MS, noticeMs: 0 };
  const { deadlineMs, noticeMs = 0 } = signals;
  if ([deadlineMs, noticeMs].every((ms) => Number.isFinite(ms) && ms >= 0)) {
    return { deadlineMs, noticeMs };
  }
  const expected = 'true, false or { deadlineMs, noticeMs }, in ms >= 0';
  throw new ActorsError('bad-option', `signals must be ${expected}`);
}

/** Makes the handler for every path but the one of MCP. */
function besideOf(
  runtime: Runtime,
  { health = false }: ServeOptions,
  path: string,
  otherwise: NonNullable<ServeOptions['otherwise']>,
): NonNullable<ServeOptions['otherwise']> {
  if (health === false) return otherwise;
  const { live = '/healthz', ready = '/readyz' } = health === true ? {} : health;
  if (path === live || path === ready) {
    throw new ActorsError('bad-option', `health must leave ${JSON.stringify(path)} to MCP`);
  }
  const probes = healthHandler(runtime, { live, ready });
  return (request, response) => probes(request, response, () => otherwise(request, response));
}
