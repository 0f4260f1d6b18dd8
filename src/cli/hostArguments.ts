import { parseArgs, type ParseArgsConfig } from 'node:util';
import { type CommandError, usageError } from './exit.ts';

/** The command line of `mcp-actors host`, checked. */
export interface HostArguments {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly allowedHosts: readonly string[];
  readonly maxSessions: number;
  readonly idleTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly env: readonly string[];
  readonly cwd: string | undefined;
  readonly onCrash: 'evict' | 'restart';
  readonly verbose: boolean;
  /** Port of the inspector; `undefined` serves no inspector. */
  readonly inspectPort: number | undefined;
  /** Name of the variable with the token that callers must bring; `undefined`: none. */
  readonly tokenEnv: string | undefined;
  /** Answers probes on `/healthz` and `/readyz`. */
  readonly health: boolean;
  /** A file with `mcpServers`: each of them has a path of its own. */
  readonly config: string | undefined;
  /** Empty where there is a `config`. */
  readonly command: string;
  readonly args: readonly string[];
}

export const HOST_OPTIONS = {
  port: { type: 'string', default: '3000' },
  host: { type: 'string', default: '127.0.0.1' },
  path: { type: 'string', default: '/mcp' },
  'allowed-host': { type: 'string', multiple: true, default: [] },
  'max-sessions': { type: 'string', default: '100' },
  'idle-timeout': { type: 'string', default: '300' },
  'start-timeout': { type: 'string', default: '50' },
  env: { type: 'string', multiple: true, default: [] },
  cwd: { type: 'string' },
  'on-crash': { type: 'string', default: 'evict' },
  verbose: { type: 'boolean', default: false },
  inspect: { type: 'boolean', default: false },
  'inspect-port': { type: 'string' },
  'token-env': { type: 'string' },
  health: { type: 'boolean', default: false },
  config: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const MAX_PORT = 65_535;
/** Longest duration an option takes: a day. A longer one is most likely a wrong unit. */
const MAX_SECONDS = 86_400;

/** @throws CommandError */
export function parseHostArguments(argv: readonly string[]): HostArguments {
  const { own, command } = split(argv);
  const values = parsed(() => parseArgs({ args: own, options: HOST_OPTIONS }));
  return settleHost(values, command);
}

/**
 * Checks the values of the options of `host`.
 *
 * @param commandLine what is hosted: a program and its arguments
 * @throws CommandError
 */
export function settleHost(
  values: ReturnType<typeof parseArgs<{ options: typeof HOST_OPTIONS }>>['values'],
  [command = '', ...args]: readonly string[],
): HostArguments {
  const { config } = values;
  if (command === '' && config === undefined) {
    throw usageError('no command: put the server to host after "--"');
  }
  if (command !== '' && config !== undefined) {
    throw usageError('--config names the servers to host: there is none after "--"');
  }
  const inspectPort = values['inspect-port'] ?? (values.inspect ? '0' : undefined);
  const onCrash = values['on-crash'];
  if (onCrash !== 'evict' && onCrash !== 'restart') {
    throw wrong('on-crash', '"evict" or "restart"', onCrash);
  }
  if (!/^\/[^\s?#]*$/.test(values.path)) {
    throw wrong('path', 'a path that begins with "/"', values.path);
  }
  return {
    port: whole('port', values.port, 0, MAX_PORT),
    host: values.host,
    path: values.path,
    allowedHosts: values['allowed-host'],
    maxSessions: whole('max-sessions', values['max-sessions'], 1, 100_000),
    idleTimeoutMs: seconds('idle-timeout', values['idle-timeout']),
    startTimeoutMs: seconds('start-timeout', values['start-timeout']),
    env: values.env,
    cwd: values.cwd,
    onCrash,
    verbose: values.verbose,
    inspectPort:
      inspectPort === undefined ? undefined : whole('inspect-port', inspectPort, 0, MAX_PORT),
    tokenEnv: values['token-env'],
    health: values.health,
    config,
    command,
    args,
  };
}

/** Splits a command line at `--`: what follows is the command's own. */
export function split(argv: readonly string[]): { own: string[]; command: string[] } {
  const end = argv.indexOf('--');
  if (end < 0) return { own: [...argv], command: [] };
  return { own: argv.slice(0, end), command: argv.slice(end + 1) };
}

/** The values that `parseArgs` finds. @throws CommandError where it throws */
export function parsed<V>(parse: () => { readonly values: V }): V {
  try {
    return parse().values;
  } catch (error) {
    const { message } = error as Error;
    const [, name] = /^Option '(--[\w-]+).* argument (?:missing|is ambiguous)/.exec(message) ?? [];
    if (name !== undefined) throw usageError(`${name} needs a value`);
    // The first sentence of Node's message names the option; the others are advice.
    throw usageError(message.split('. ')[0] ?? 'wrong options');
  }
}

export function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw wrong(name, `a whole number from ${min} to ${max}`, text);
}

function seconds(name: string, text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= MAX_SECONDS) return value * 1000;
  throw wrong(name, `a number of seconds up to ${MAX_SECONDS}`, text);
}

function wrong(name: string, expected: string, value: string): CommandError {
  return usageError(`--${name} takes ${expected}, not ${JSON.stringify(value)}`);
}
