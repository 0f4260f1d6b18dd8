import { once } from 'node:events';
import { legacySse } from '../adapters/legacySse.ts';
import { type NodeServer, serve } from '../adapters/node.ts';
import { serveWebSocket } from '../adapters/websocket.ts';
import { childProcess, type GatewayLogEntry } from '../gateway/index.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import { libraryVersion } from '../watch/version.ts';
import { CommandError, EXIT } from './exit.ts';
import { inspect } from './inspect.ts';
import { findProgram } from './findProgram.ts';
import type { HostArguments } from './hostArguments.ts';
import { printable, reportTroubles } from './report.ts';

/** Longest drain: SIGKILL follows SIGTERM by some ten seconds, and all must be over by then. */
const DRAIN = { deadlineMs: 5000 };
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const ALL_ADDRESSES = ['0.0.0.0', '::'];
const SSE_PATH = '/sse';
const MESSAGES_PATH = '/messages';

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
  const env = environment(options.env);
  check(options, env['PATH'] ?? process.env['PATH'] ?? '');
  const { command, args, cwd, maxSessions } = options;
  const server = childProcess({
    command,
    args,
    env,
    ...(cwd !== undefined && { cwd }),
    maxProcesses: maxSessions,
    ...(options.verbose && { onLog: (entry, { key }) => say(key, entry) }),
  });
  const runtime = createRuntime({
    server,
    maxSessions,
    maxHandshakes: handshakes(maxSessions),
    // A child process can not sleep: it ends with its session.
    sleep: false,
    idleTimeoutMs: options.idleTimeoutMs,
    handshakeTimeoutMs: options.startTimeoutMs,
    onCrash: options.onCrash,
    allowedHosts: [...LOOPBACK, ...namesOf(options.host), ...options.allowedHosts],
  });
  reportTroubles(runtime, options.startTimeoutMs);
  const watched = await watch?.(runtime);
  const sse = [SSE_PATH, MESSAGES_PATH].includes(options.path) ? undefined : legacySse(runtime);
  const served = await listen(runtime, options, sse);
  const inspector = await inspect(runtime, options).catch(async (error: unknown) => {
    await served.close({ deadlineMs: 0 });
    throw error;
  });
  const door = serveWebSocket(runtime, { server: served.server, path: options.path });
  // A second signal ends at once: its sender does not want to wait.
  const stopped = Promise.race(SIGNALS.map((signal) => once(process, signal)));
  const lines = [watched, inspector && `Inspector        ${inspector.url}`];
  process.stdout.write(announcement(options, served, sse !== undefined, lines));
  await stopped;
  await Promise.all([served.close(DRAIN), door.close(DRAIN)]);
  await inspector?.close();
  return EXIT.ok;
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
function check({ command, cwd = process.cwd() }: HostArguments, path: string): void {
  const found = findProgram(command, path, cwd);
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
  runtime: Runtime,
  { port, host: address, path }: HostArguments,
  sse: ReturnType<typeof legacySse> | undefined,
): Promise<NodeServer> {
  try {
    return await serve(runtime, { port, host: address, path, ...(sse && { otherwise: sse }) });
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
  { command, args, host: address, allowedHosts }: HostArguments,
  { url }: NodeServer,
  hasSse: boolean,
  watchers: readonly (string | undefined)[],
): string {
  const lines = [
    `mcp-actors ${libraryVersion()} hosts ${printable([command, ...args].join(' '))}`,
    '',
    `  Streamable HTTP  ${url}`,
    `  WebSocket        ${url.replace(/^http/, 'ws')}`,
    ...(hasSse ? [`  HTTP+SSE         ${new URL(SSE_PATH, url).href}`] : []),
    ...watchers.filter((line) => line !== undefined).map((line) => `  ${line}`),
    '',
    'Connect a client with',
    `  { "mcpServers": { "hosted": { "type": "http", "url": "${url}" } } }`,
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
