import { once } from 'node:events';
import { legacySse } from '../adapters/legacySse.ts';
import { notFound } from '../adapters/listen.ts';
import { nodeHandler, type NodeServer, serve, type ServeOptions } from '../adapters/node.ts';
import { serveWebSocket } from '../adapters/websocket.ts';
import { childProcess, type GatewayLogEntry, upstream } from '../gateway/index.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import type { Inspector } from '../watch/inspector/index.ts';
import { libraryVersion } from '../watch/version.ts';
import { routeOf } from '../wire/target.ts';
import { type HostedServer, readConfig } from './configFile.ts';
import { CommandError, EXIT } from './exit.ts';
import { inspect } from './inspect.ts';
import { findProgram } from './findProgram.ts';
import type { HostArguments } from './hostArguments.ts';
import { printable, reportTroubles } from './report.ts';
import { TokenGuard } from './tokenGuard.ts';

/** Longest drain: SIGKILL follows SIGTERM by some ten seconds, and all must be over by then. */
const DRAIN = { deadlineMs: 5000 };
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const ALL_ADDRESSES = ['0.0.0.0', '::'];
const SSE_PATH = '/sse';
const MESSAGES_PATH = '/messages';
const HEALTH_PATHS = ['/healthz', '/readyz'];

/** One server behind a path, and the runtime of its sessions. */
interface Mounted {
  readonly path: string;
  readonly runtime: Runtime;
}

/**
 * `mcp-actors host`: serves until a signal comes, then lets requests in flight finish.
 *
 * @param watch is shown the runtime before any client can reach it; the text it returns is
 * announced
 * @throws CommandError
 */
export async function host(
  options: HostArguments,
  watch?: (runtime: Runtime) => Promise<string>,
): Promise<number> {
  const { tokenEnv } = options;
  const guard =
    tokenEnv === undefined ? undefined : new TokenGuard(tokenEnv, process.env[tokenEnv]);
  const mounted = serversOf(options).map((server) => mount(server, options));
  const [first, ...others] = mounted as [Mounted, ...Mounted[]];
  const watched = await watch?.(first.runtime);
  const sse =
    others.length > 0 || [SSE_PATH, MESSAGES_PATH].includes(first.path)
      ? undefined
      : legacySse(first.runtime);
  const served = await listen(first, options, besideOf(others, sse));
  guard?.watch(served.server, new Set(options.health ? HEALTH_PATHS : []));
  const inspectors: Inspector[] = [];
  try {
    for (const { runtime } of mounted) {
      const inspector = await inspect(runtime, options);
      if (inspector !== undefined) inspectors.push(inspector);
    }
  } catch (error) {
    await served.close({ deadlineMs: 0 });
    throw error;
  }
  const authenticate = guard?.authenticate;
  const doors = mounted.map(({ path, runtime }) =>
    serveWebSocket(runtime, { server: served.server, path, ...(authenticate && { authenticate }) }),
  );
  // A second signal ends at once: its sender does not want to wait.
  const stopped = Promise.race(SIGNALS.map((signal) => once(process, signal)));
  const lines = [watched, ...inspectors.map(({ url }) => `Inspector        ${url}`)];
  process.stdout.write(announcement(options, served, mounted, sse !== undefined, lines));
  await stopped;
  await Promise.all([
    served.close(DRAIN),
    ...doors.map((door) => door.close(DRAIN)),
    ...others.map(({ runtime }) => finish(runtime)),
  ]);
  await Promise.all(inspectors.map((inspector) => inspector.close()));
  return EXIT.ok;
}

/** Lets requests in flight finish, then ends every session. */
async function finish(runtime: Runtime): Promise<void> {
  await runtime.drain(DRAIN);
  await runtime.close();
}

/** The servers of the command line, or those of its configuration. @throws CommandError */
function serversOf({ config, path, command, args, env, cwd }: HostArguments): HostedServer[] {
  if (config !== undefined) return readConfig(config, process.env);
  return [{ path, command, args, env: environment(env), cwd }];
}

/** Makes the runtime of a server. @throws CommandError */
function mount(server: HostedServer, options: HostArguments): Mounted {
  const { maxSessions } = options;
  const runtime = createRuntime({
    server:
      'url' in server
        ? upstream({ url: server.url, headers: server.headers })
        : processes(server, options),
    maxSessions,
    maxHandshakes: handshakes(maxSessions),
    // A child process can not sleep: it ends with its session.
    sleep: false,
    idleTimeoutMs: options.idleTimeoutMs,
    handshakeTimeoutMs: options.startTimeoutMs,
    onCrash: options.onCrash,
    allowedHosts: [...LOOPBACK, ...namesOf(options.host), ...options.allowedHosts],
    // Told of below, with what the process said last.
    report: false,
  });
  reportTroubles(runtime, options.startTimeoutMs);
  return { path: server.path, runtime };
}

function processes(
  { command, args, env, cwd }: Exclude<HostedServer, { readonly url: string }>,
  { maxSessions, verbose }: HostArguments,
): ReturnType<typeof childProcess> {
  check(command, cwd, env['PATH'] ?? process.env['PATH'] ?? '');
  return childProcess({
    command,
    args,
    env,
    ...(cwd !== undefined && { cwd }),
    maxProcesses: maxSessions,
    ...(verbose && { onLog: (entry, { key }) => say(key, entry) }),
  });
}

/** What answers on other paths than that of the first server. */
function besideOf(
  others: readonly Mounted[],
  sse: ReturnType<typeof legacySse> | undefined,
): ServeOptions['otherwise'] {
  if (others.length === 0) return sse;
  const handlers = new Map(others.map(({ path, runtime }) => [path, nodeHandler(runtime)]));
  return (request, response) => {
    const handler = handlers.get(routeOf(request.url));
    if (handler !== undefined) return handler(request, response);
    notFound(request, response);
  };
}

/**
 * The limit of unfinished handshakes. Clients that initialize and never come back take at most half
 * of the places, so that they can not push out sessions in use. Where there are few places, the
 * first clients may all come at once.
 */
function handshakes(maxSessions: number): number {
  return Math.max(Math.ceil(maxSessions / 2), Math.min(maxSessions, 8));
}

/** @throws CommandError */
function check(command: string, cwd: string | undefined, path: string): void {
  const found = findProgram(command, path, cwd ?? process.cwd());
  if (found === 'found') return;
  const name = JSON.stringify(command);
  const why = found === 'missing' ? `there is no program ${name}` : `${name} may not be executed`;
  throw new CommandError(EXIT.failed, `${why}: nothing to host`);
}

/** Reads the values of `--env`: `KEY` passes a variable on, `KEY=VALUE` sets one. */
function environment(entries: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of entries) {
    const end = entry.indexOf('=');
    const name = end < 0 ? entry : entry.slice(0, end);
    const value = end < 0 ? process.env[name] : entry.slice(end + 1);
    if (value === undefined)
      process.stderr.write(`mcp-actors: --env ${name}: it is not set here\n`);
    else env[name] = value;
  }
  return env;
}

/** What a client's `Host` says for an address. All addresses have no name of their own. */
function namesOf(address: string): string[] {
  if (ALL_ADDRESSES.includes(address)) return [];
  return [address.includes(':') ? `[${address}]` : address];
}

/** @throws CommandError */
async function listen(
  { path, runtime }: Mounted,
  { port, host: address, health }: HostArguments,
  otherwise: ServeOptions['otherwise'],
): Promise<NodeServer> {
  try {
    const beside = otherwise === undefined ? {} : { otherwise };
    return await serve(runtime, { port, host: address, path, health, ...beside });
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const what = TROUBLES[code]?.(port, address) ?? `can not listen on ${address}:${port}: ${code}`;
    throw new CommandError(EXIT.failed, what);
  }
}

const TROUBLES: Readonly<Record<string, (port: number, address: string) => string>> = {
  EADDRINUSE: (port) => `port ${port} is in use: choose another with --port; 0 takes a free one`,
  EACCES: (port) => `port ${port} may not be listened on: choose one above 1023 with --port`,
  EADDRNOTAVAIL: (_port, address) => `${address} is no address of this machine: see --host`,
  ENOTFOUND: (_port, address) => `${address} is no address of this machine: see --host`,
};

function announcement(
  { command, args, config, host: address, allowedHosts, health, tokenEnv }: HostArguments,
  { url }: NodeServer,
  mounted: readonly Mounted[],
  hasSse: boolean,
  watchers: readonly (string | undefined)[],
): string {
  const what = config === undefined ? [command, ...args].join(' ') : `the servers of ${config}`;
  const urls = mounted.map(({ path }) => new URL(path, url).href);
  const header = tokenEnv === undefined ? '' : `, "headers": { "Authorization": "Bearer …" }`;
  const clients = mounted.map(({ path }, index) => {
    const name = config === undefined ? 'hosted' : path.slice(1);
    return `"${name}": { "type": "http", "url": "${urls[index]}"${header} }`;
  });
  const lines = [
    `mcp-actors ${libraryVersion()} hosts ${printable(what)}`,
    '',
    ...urls.flatMap((each) => [
      `  Streamable HTTP  ${each}`,
      `  WebSocket        ${each.replace(/^http/, 'ws')}`,
    ]),
    ...(hasSse ? [`  HTTP+SSE         ${new URL(SSE_PATH, url).href}`] : []),
    ...(health
      ? [`  Health           ${HEALTH_PATHS.map((path) => new URL(path, url).href).join(' ')}`]
      : []),
    ...watchers.filter((line) => line !== undefined).map((line) => `  ${line}`),
    '',
    'Connect a client with',
    `  { "mcpServers": { ${clients.join(', ')} } }`,
    '',
  ];
  if (ALL_ADDRESSES.includes(address) && allowedHosts.length === 0) {
    lines.push('Only loopback names are answered to: name others with --allowed-host.', '');
  }
  return lines.join('\n');
}

function say(session: string, { source, text }: GatewayLogEntry): void {
  process.stderr.write(`${session} ${source}: ${printable(text)}\n`);
}
